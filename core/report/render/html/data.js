// The report's data, and the functions that put it into words. None of it is ever parsed as HTML: the
// page shows it through textContent, with characters that hide or reverse text as escape sequences.
const data = JSON.parse(document.getElementById("data").textContent);

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function visible(text) {
	return String(text).replace(HIDDEN,
		(c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

function text(number) {
	return number < 0 ? "" : data.texts[number];
}

// The trace NUMBER, with its lists in place of their numbers.
function traceOf(number) {
	const trace = data.traces[number], names = data.lists[trace.register_names];
	return {
		...trace, lines: data.lists[trace.lines], frames: data.lists[trace.frames],
		registers: trace.registers.map((value, i) => [text(names[i]), value]),
		threads: trace.threads.map(([tid, name, frames, error]) =>
			({tid, name: text(name), frames: data.lists[frames], error: text(error)})),
	};
}

// element("p", "faint", "some text", child, …)
function element(name, className, ...children) {
	const made = document.createElement(name);
	if (className)
		made.className = className;
	for (const child of children)
		made.append(typeof child === "string" ? visible(child) : child);
	return made;
}

function button(className, label, action) {
	const made = element("button", className, label);
	made.type = "button";
	made.addEventListener("click", action);
	return made;
}

function duration(us) {
	const size = Math.abs(us);
	if (size < 1e3)
		return us + " µs";
	if (size < 1e6)
		return (us / 1e3).toFixed(size < 1e4 ? 1 : 0) + " ms";
	if (size < 6e7)
		return (us / 1e6).toFixed(size < 1e7 ? 2 : 1) + " s";
	const seconds = Math.round(size / 1e6), sign = us < 0 ? "-" : "";
	if (seconds < 3600)
		return sign + Math.floor(seconds / 60) + " min " + seconds % 60 + " s";
	return sign + Math.floor(seconds / 3600) + " h " + Math.floor(seconds / 60) % 60 + " min";
}

function delta(us) {
	if (us === 0)
		return "0";
	return (us >= 0 ? "+" : "") + duration(us);
}

// [0, 2, 7, 7] -> "0-2,7"
function ranges(list) {
	const parts = [];
	for (let i = 0; i < list.length; i += 2) {
		const first = list[i], last = list[i + 1];
		parts.push(first === last ? first : last === first + 1 ? first + "," + last : first + "-" + last);
	}
	return parts.join(",");
}

function shortened(string, most) {
	return string.length <= most ? string : string.slice(0, most - 1) + "…";
}

function base(path) {
	return path.slice(path.lastIndexOf("/") + 1);
}

function plural(count, one, many) {
	return count.toLocaleString("en") + " " + (count === 1 ? one : many);
}

const ROLES = {
	culprit: "failed first", own_fault: "had its own fault", peer_loss: "lost its peer", terminated: "was terminated", killed: "was killed",
	survivor: "outlived it", ok: "ended well", silent: "fell silent", failed: "failed",
};
const ROLES_OF_MANY = {
	...ROLES, own_fault: "had their own fault", peer_loss: "lost their peer", terminated: "were terminated", killed: "were killed",
};
const ROLE_ORDER = Object.keys(ROLES);

// The rows of ATTEMPT: a rank each, or in a job without ranks a process.
function rowsOf(attempt) {
	const columns = attempt.ranks, root = attempt.root ? attempt.candidates[0] : null;
	return columns.rank.map((rank, i) => {
		const role = text(columns.role[i]), ended = columns.ended[i], program = text(columns.program[i]);
		const hasDelta = root !== null && columns.state[i] >= 0 && text(columns.cause[i]) !== "";
		return {
			rank, role, program, pid: columns.pid[i], host: text(columns.host[i]),
			name: rank >= 0 ? "rank " + rank : program + " (pid " + columns.pid[i] + ")",
			state: text(columns.state[i]), cause: text(columns.cause[i]), reason: text(columns.reason[i]),
			began: columns.began[i], running: columns.running[i], ended, trace: columns.trace[i],
			calls: columns.calls[i],
			delta: hasDelta ? ended - root.at : null,
		};
	});
}

function cssColor(name) {
	return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}
