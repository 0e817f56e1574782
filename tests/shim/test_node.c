/* SPDX-License-Identifier: Apache-2.0 */
/* Node uses signals for its own ends, threads for everything, and prints a stack before it aborts.
 */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define FINE LIVED("SUCCEEDED *")
#define NODE(code)                 \
	{                          \
		"node", "-e", code \
	}
#define ANY         \
	{           \
		"*" \
	}
#define NEEDS .needs = "node"
/* Newer ones try before their first child whether vfork() works. */
#define TRIES_VFORK .helpers = "SUCCEEDED wait 0"

/* (func (export "f") (result i32) i32.const -1  i32.load) with a memory of one page. */
#define WASM                                                                                  \
	"0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,5,3,1,0,1,7,5,1,1,102,0,0,10,9,1,7,0," \
	"65,127,40,2,0,11"

/* Addresses and the process's own name; what the collector did, and when. */
#define STACK_MASK "0x[0-9a-f]+|node\\[[0-9]+\\]"
#define COLLECTION_MASK "([ 0-9]+: #.*\n|\\[[0-9]+:#\\].*\n)+"

static void says_out_of_bounds(const struct run *watched)
{
	assert_string_equal(watched->out.data, "memory access out of bounds\n");
}

static const struct run_case cases[] = {
	{"node: a success", NODE("console.log(1)"), FINE, ANY, NEEDS},
	{"node: an exit code", NODE("process.exit(3)"), LIVED("FAILED *exit 3"), NEEDS},
	{"node: an exit code set", NODE("process.exitCode = 4"), LIVED("FAILED * 4"), NEEDS},
	{"node: an uncaught error", NODE("throw new Error('x')"), LIVED("FAILED * 1"), NEEDS},
	{"node: a rejected promise", NODE("Promise.reject(new Error('x'))"), LIVED("FAILED * 1"),
		NEEDS},
	{"node: a property of null, caught", NODE("try { null.x } catch (e) { console.log('c') }"),
		FINE, NEEDS},
	{"node: SIGABRT to itself", NODE("process.kill(process.pid, 'SIGABRT')"),
		LIVED("FAILED SIGABRT *"), NEEDS},
	{"node: SIGTERM to itself",
		NODE("process.kill(process.pid, 'SIGTERM'); setTimeout(()=>{}, 9e3)"),
		LIVED("FAILED SIGTERM *"), NEEDS},
	{"node: a handler of its own",
		NODE("process.on('SIGTERM', () => process.exit(5)); "
		     "process.kill(process.pid, 'SIGTERM'); setTimeout(()=>{}, 9e3)"),
		LIVED("FAILED *exit 5"), NEEDS},
	{"node: SIGSEGV to itself",
		NODE("process.kill(process.pid, 'SIGSEGV'); setTimeout(()=>{}, 9e3)"),
		LIVED("FAILED SIGSEGV *"), NEEDS},
	{"node: abort()", NODE("process.abort()"), LIVED("FAILED SIGABRT abort"), NEEDS,
		.masks = {STACK_MASK}},
	{"node: V8 out of memory",
		{"node", "--max-old-space-size=8", "-e",
			"const a = []; for (;;) a.push(new Array(1000).fill(a.length))"},
		LIVED("FAILED SIGABRT abort"), NEEDS, .masks = {STACK_MASK, COLLECTION_MASK}},
	{"node: a child process",
		NODE("console.log(require('child_process').spawnSync('false').status)"), FINE,
		{LIVED("FAILED *1")}, TRIES_VFORK, NEEDS},
	{"node: a wasm trap is an exception of its own",
		NODE("const m = new WebAssembly.Module(Uint8Array.of(" WASM ")); "
		     "try { new WebAssembly.Instance(m).exports.f() } "
		     "catch (e) { console.log(e.message) }"),
		FINE, ANY, NEEDS, .also = says_out_of_bounds},
	{"node: four worker threads",
		NODE("const {Worker} = require('worker_threads'); let n = 0; "
		     "for (let i = 0; i < 4; i++) new Worker("
		     "'require(\"worker_threads\").parentPort.postMessage(6)', {eval: true})"
		     ".on('message', m => { if (++n == 4) console.log(m) })"),
		FINE, NEEDS},
	{"node: an error in a worker thread ends nothing",
		NODE("const {Worker} = require('worker_threads'); "
		     "new Worker('throw new Error(1)', {eval: true})"
		     ".on('error', e => console.log('caught', e.message))"),
		FINE, NEEDS},
	{"node: a child process crashes",
		NODE("require('child_process').spawn('" VICTIM(
			"crashes") "', ['null_write'])"
				   ".on('exit', (code, signal) => console.log(code, signal))"),
		FINE, {LIVED("FAILED SIGSEGV SEGV_MAPERR")}, TRIES_VFORK, NEEDS},
};

int main(void)
{
	return run_cases("node", cases);
}
