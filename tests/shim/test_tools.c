/* SPDX-License-Identifier: Apache-2.0 */
/* Larger programs: virtual machines with signal handlers of their own, compilers, make, git. */
#include "tests/support/cases.h"

#define FINE LIVED("SUCCEEDED *")
#define NODE(code) {"node", "-e", code}
#define JAVA(act) {"java", "-XX:-UsePerfData", SCRIPT("Victim.java"), act}
#define SHELL(script) {"sh", "-c", script}
#define ANY {"*"}
#define ADDRESSES "0x[0-9a-f]+"

static const struct run_case node_cases[] = {
	{"node: a success", NODE("console.log(1)"), FINE, ANY, .needs = "node"},
	{"node: an exit code", NODE("process.exit(3)"), LIVED("FAILED *exit 3"), .needs = "node"},
	{"node: an exit code set", NODE("process.exitCode = 4"), LIVED("FAILED * 4"),
		.needs = "node"},
	{"node: an uncaught error", NODE("throw new Error('x')"), LIVED("FAILED * 1"),
		.needs = "node"},
	{"node: a rejected promise", NODE("Promise.reject(new Error('x'))"), LIVED("FAILED * 1"),
		.needs = "node"},
	{"node: a property of null, caught", NODE("try { null.x } catch (e) { console.log('c') }"),
		FINE, .needs = "node"},
	{"node: SIGABRT to itself", NODE("process.kill(process.pid, 'SIGABRT')"),
		LIVED("FAILED SIGABRT *"), .needs = "node"},
	{"node: SIGTERM to itself",
		NODE("process.kill(process.pid, 'SIGTERM'); setTimeout(()=>{}, 9e3)"),
		LIVED("FAILED SIGTERM *"), .needs = "node"},
	{"node: a handler of its own",
		NODE("process.on('SIGTERM', () => process.exit(5)); "
		     "process.kill(process.pid, 'SIGTERM'); setTimeout(()=>{}, 9e3)"),
		LIVED("FAILED *exit 5"), .needs = "node"},
	{"node: abort()", NODE("process.abort()"), LIVED("FAILED SIGABRT abort"), .needs = "node",
		.masks = {"0x[0-9a-f]+", "node\\[[0-9]+\\]"}},
	{"node: a child process",
		NODE("console.log(require('child_process').spawnSync('false').status)"), FINE,
		{LIVED("FAILED *1")}, .needs = "node"},
	{"node: a wasm trap is an exception of its own",
		NODE("const m = new WebAssembly.Module(Uint8Array.of("
		     "0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,5,3,1,0,1,7,5,1,1,102,0,0,"
		     "10,11,1,9,0,65,127,40,2,0,11,11)); "
		     "try { new WebAssembly.Instance(m).exports.f() } "
		     "catch (e) { console.log(e.name) }"),
		"*", .needs = "node", .outcome_only = true},
};

static const struct run_case java_cases[] = {
	{"java: 200000 null checks", JAVA("null"), FINE, .needs = "java"},
	{"java: a stack overflow, caught", JAVA("overflow"), FINE, .needs = "java"},
	{"java: an uncaught exception", JAVA("throw"), LIVED("FAILED *1"), .needs = "java"},
	{"java: System.exit(3)", JAVA("exit"), LIVED("FAILED *exit 3"), .needs = "java"},
	{"java: a crash of the machine", JAVA("crash"), LIVED("FAILED SIGABRT abort"),
		.needs = "java",
		.masks = {"pid=[0-9]+", "tid=[0-9]+", ADDRESSES, "hs_err_pid[0-9]+",
			"\\(.* bytes\\)|@ .*"}},
};

static const struct run_case build_cases[] = {
	{"gcc: a program",
		SHELL("gcc -c -o p.o " SCRIPT("project/part.c") " && gcc -o p p.o " SCRIPT(
			"project/main.c") " && ./p"),
		"INIT, RUNNING*", ANY, .needs = "gcc"},
	{"gcc: an error", {"gcc", "-c", "/no/such.c"}, LIVED("FAILED *1"), ANY, .needs = "gcc"},
	{"make -j2: a program",
		{"make", "-s", "-j2", "-f", SCRIPT("project/project.mk"), "SRC=" SCRIPT("project")},
		FINE, ANY, .needs = "make"},
	{"make: a rule that fails", {"make", "-f", SCRIPT("project/project.mk"), "SRC=.", "broken"},
		LIVED("FAILED *2"), ANY, .needs = "make"},
	{"git: a repository",
		SHELL("git init -q . && echo word > f && git add f && "
		      "git -c user.name=n -c user.email=e commit -q -m m && git log --format=%s && "
		      "git status -s "
		      "&& git diff HEAD~1"),
		"INIT, RUNNING*", ANY,
		.how.environment = {"GIT_AUTHOR_DATE=1700000000 +0000",
			"GIT_COMMITTER_DATE=1700000000 +0000", "GIT_CONFIG_NOSYSTEM=1"},
		.needs = "git"},
	{"git: an error", {"git", "log"}, LIVED("FAILED *128"), .needs = "git"},
};

int main(void)
{
	return run_cases("node", node_cases) + run_cases("java", java_cases) +
	       run_cases("build", build_cases);
}
