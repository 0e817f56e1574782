// The termination that one rank reported: its trace, its other threads, and its registers.
const REPEATED_MOST = 3;

function frameRow(number, index) {
	const [functionText, offset, module, file, line, inlined] = data.frames[number];
	const row = element("tr", "", element("td", "number", "#" + index));
	const name = functionText < 0 ? text(offset) : text(functionText) + text(offset);
	const place = file < 0 ? "" : base(text(file)) + (line > 0 ? ":" + line : "");
	row.append(element("td", "", name), element("td", "place", module < 0 ? "" : base(text(module))),
		element("td", "place", place + (inlined < 0 ? "" : " in " + text(inlined) + " (inlined)")));
	row.title = visible([text(module), text(file)].filter(Boolean).join("\n"));
	return row;
}

function frameTable(frames, most) {
	const body = element("tbody");
	const table = element("table", "frames mono", body);
	let index = 0;
	const add = (from, to) => {
		for (let i = from; i < to; i++, index++) {
			const hidden = data.frames[frames[i]][6];
			if (hidden > 0)
				body.append(element("tr", "", element("td", "number", "…"),
					element("td", "place", plural(hidden, "more frame", "more frames"))));
			index += hidden;
			body.append(frameRow(frames[i], index));
		}
	};
	const first = frames.length > most + 3 ? most : frames.length;
	add(0, first);
	const box = element("div", "", table);
	if (first < frames.length)
		box.append(button("more", plural(frames.length - first, "more frame", "more frames"), (event) => {
			event.currentTarget.remove();
			add(first, frames.length);
		}));
	return box;
}

// The lines as texts; of a line that is repeated three, as in Python's tracebacks.
function foldedLines(lines) {
	const folded = [];
	for (let i = 0, next; i < lines.length; i = next) {
		for (next = i + 1; next < lines.length && lines[next] === lines[i];)
			next++;
		for (let j = i; j < Math.min(next, i + REPEATED_MOST); j++)
			folded.push(visible(text(lines[i])));
		if (next - i > REPEATED_MOST)
			folded.push("  [Previous line repeated " + plural(next - i - REPEATED_MOST, "more time", "more times") + "]");
	}
	return folded;
}

// The first line names the error; of the others the last ones are where it happened.
function traceLines(lines, most) {
	const all = foldedLines(lines);
	const hidden = all.length > most + 4 ? all.length - most : 0;
	const last = element("pre", "", all.slice(hidden).join("\n"));
	if (hidden === 0)
		return last;
	return element("div", "", element("pre", "", all[0]),
		button("more", plural(hidden - 1, "line before", "lines before"), (event) =>
			event.currentTarget.replaceWith(element("pre", "", all.slice(1, hidden).join("\n")))), last);
}

// Groups of threads that have the same frames.
function threadGroups(threads) {
	const groups = new Map();
	for (const thread of threads) {
		const key = thread.error || thread.frames.join();
		if (!groups.has(key))
			groups.set(key, []);
		groups.get(key).push(thread);
	}
	return [...groups.values()];
}

function threadBoxes(trace) {
	const boxes = threadGroups(trace.threads).map((group) => {
		const [first] = group;
		const title = "thread " + first.tid + (first.name ? " (" + first.name + ")" : "")
			+ (group.length > 1 ? " and " + (group.length - 1) + " like it" : "");
		return element("div", "trace", element("h3", "", title),
			first.error ? element("p", "", first.error) : frameTable(first.frames, 12));
	});
	if (trace.threads_left_out > 0)
		boxes.push(element("p", "faint", plural(trace.threads_left_out, "more thread", "more threads")));
	return boxes;
}

function traceBox(number, most) {
	const trace = traceOf(number);
	const box = element("div", "trace");
	if (trace.lines.length > 0)
		box.append(traceLines(trace.lines, most));
	if (trace.frames.length > 0)
		box.append(frameTable(trace.frames, most));
	if (trace.report)
		box.append(element("p", "", "Report: " + trace.report));
	if (trace.stop)
		box.append(element("p", "faint", "… " + trace.stop));
	return box;
}

function factList(facts) {
	const list = element("dl", "facts");
	for (const [name, value] of facts)
		if (value !== "")
			list.append(element("dt", "", name), element("dd", "", value));
	return list;
}

const rankDialog = {
	box: document.getElementById("rank"),
	row: null,

	show(row) {
		this.row = row;
		const body = document.getElementById("rank-body");
		const title = document.getElementById("rank-title");
		title.textContent = visible(row.name) + " " + (ROLES[row.role] || row.role);
		body.replaceChildren(factList([
			["Reason", row.reason], ["Host", row.host], ["Process", row.pid < 0 ? "" : row.program + " (pid " + row.pid + ")"],
			["State", row.state], ["Cause", row.cause],
			["Began", row.began < 0 ? "never seen" : delta(row.began)],
			["Ran for", row.began < 0 ? "" : duration(row.ended - row.began)],
			["After the first failure", row.delta === null ? "" : delta(row.delta)],
		]));
		if (row.calls >= 0)
			body.append(element("div", "", element("h3", "", "Calls that were counted, the last one first"),
				element("ul", "evidence", ...data.lists[row.calls].map((call) => element("li", "", text(call))))));
		if (row.trace >= 0)
			body.append(...this.traceParts(row));
		else
			body.append(element("p", "faint", "It told of no stack."));
		history.replaceState(null, "", page.addressOf(row));
		if (!this.box.open)
			this.box.showModal();
		this.box.scrollTop = 0;
		title.focus();
	},

	traceParts(row) {
		const trace = traceOf(row.trace), parts = [];
		const same = page.rows.reduce((count, other) => count + (other.trace === row.trace), 0) - 1;
		const head = element("h3", "", "Trace");
		if (same > 0)
			head.append(", shared with ", button("more", plural(same, "other", "others"), () => {
				this.box.close();
				page.table.only((other) => other.trace === row.trace, "the stack of " + row.name);
			}));
		parts.push(element("div", "", head, traceBox(row.trace, 40)));
		if (trace.registers.length > 0)
			parts.push(element("div", "", element("h3", "", "Registers"), element("div", "trace",
				element("pre", "", trace.registers.map(([name, value], i) =>
					name.padEnd(4) + value.padStart(18) + (i % 4 === 3 ? "\n" : "   ")).join("")))));
		if (trace.threads.length + trace.threads_left_out > 0)
			parts.push(element("div", "", element("h3", "", "Other threads"), ...threadBoxes(trace)));
		return parts;
	},

	step(by) {
		const row = page.table.neighbour(this.row, by);
		if (row)
			this.show(row);
	},

	start() {
		this.box.addEventListener("close", () => history.replaceState(null, "", "#"));
		document.getElementById("rank-close").addEventListener("click", () => this.box.close());
		document.getElementById("rank-before").addEventListener("click", () => this.step(-1));
		document.getElementById("rank-after").addEventListener("click", () => this.step(1));
		this.box.addEventListener("click", (event) => {
			if (event.target === this.box && event.offsetX < 0)
				this.box.close();
		});
	},
};
