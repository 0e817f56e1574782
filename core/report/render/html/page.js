// The page as a whole: head, verdict, and the choice of the attempt.
const FRAMES_SHOWN = 8;
const CANDIDATES_SHOWN = 4;
const POSITIONS_SHOWN = 4;

/* The class of the cause of a finding or an attempt, and what to do. */
function adviceLine(of) {
	return element("p", "where", "Cause: " + of.cause + " (" + of.surely + "): " + of.advice);
}

function candidateNames(attempt) {
	const names = attempt.candidates.map((finding) => finding.subject);
	return names.length <= 3 ? names.join(" or ") : "One of " + names.length + " ranks";
}

function whoFailed(attempt) {
	if (attempt.alike > 0)
		return (attempt.alike > 2 ? "all " : "the ") + attempt.alike + " ranks failed alike";
	if (attempt.lost_host)
		return "host " + visible(attempt.lost_host) + " was lost first, with " + visible(attempt.candidates.map((finding) => finding.subject).join(", "));
	return visible(candidateNames(attempt)) + " failed first";
}

function capital(words) {
	return words.charAt(0).toUpperCase() + words.slice(1);
}

function findingBox(finding, minor) {
	const box = element("div", "candidate");
	if (finding.after > 0)
		box.append(element("div", "who minor", capital(visible(finding.subject)) + " by itself, " + duration(finding.after)
			+ " later"));
	else if (minor)
		box.append(element("div", "who minor", capital(finding.subject)));
	box.append(element("p", "why", finding.reason));
	if (finding.host !== null)
		box.append(element("p", "where", "pid " + finding.pid + " (" + finding.program + ") on " + finding.host
			+ ", " + duration(finding.at) + " after the job began"));
	if (finding.command)
		box.append(element("p", "command", finding.command));
	if (finding.advice)
		box.append(adviceLine(finding));
	if (finding.only_on)
		box.append(element("p", "where", capital(finding.only_on)));
	box.append(...finding.consequences.map((words) => element("p", "where", "Then " + words)));
	const columns = element("div", "columns");
	if (finding.evidence.length > 0)
		columns.append(element("div", "", element("h3", "", "Because"),
			element("ul", "evidence", ...finding.evidence.map((words) => element("li", "", words)))));
	for (const [from, shared, said] of finding.words)
		box.append(element("p", "where", "It said last" + (from === "interpreter" ? "" : " on " + from)
			+ (shared ? ", to which others write, too" : "") + ":"), element("pre", "said", visible(said)));
	if (finding.trace >= 0)
		columns.append(element("div", "", element("h3", "", "Where it stood"), traceBox(finding.trace, FRAMES_SHOWN)));
	if (columns.children.length > 0)
		box.append(columns);
	return box;
}

// "Ranks 0,2 stood in PMPI_Recv, called by exchange (ring.c:20)", of a position of ATTEMPT.
function positionLine(attempt, [where, count, list, outlier]) {
	const some = attempt.positions.some((position) => position[3]);
	const names = (count === 1 ? "rank " : "ranks ") + shortened(ranges(list), 48);
	let who = capital(names);
	if (outlier)
		who = (count === 1 ? "Odd one out: " : "Odd ones out: ") + names;
	else if (some)
		who = "The other " + count.toLocaleString("en") + " ranks";
	else if (count === attempt.ranks.rank.length && count > 1)
		who = "All " + count.toLocaleString("en") + " ranks";
	return element("li", outlier ? "out" : "", who + " stood in " + text(where));
}

// Where the ranks of ATTEMPT stood that nobody is to blame for, the outliers first.
function positionList(attempt) {
	const box = element("ul", "evidence positions"), positions = attempt.positions;
	const order = [...positions.filter((position) => position[3]).slice(0, POSITIONS_SHOWN),
		...positions.filter((position) => !position[3]).slice(0, POSITIONS_SHOWN)];
	box.append(...order.map((position) => positionLine(attempt, position)));
	if (order.length < positions.length)
		box.append(element("li", "faint", plural(positions.length - order.length, "more position", "more positions")));
	const known = new Set();
	for (const [, , list] of positions)
		for (let i = 0; i < list.length; i += 2)
			for (let rank = list[i]; rank <= list[i + 1]; rank++)
				known.add(rank);
	const unknown = attempt.ranks.rank.filter((rank) => !known.has(rank));
	if (positions.length > 0 && unknown.length > 0)
		box.append(element("li", "", "No stack is known of " + (unknown.length === 1 ? "rank " : "ranks ")
			+ shortened(ranges(unknown.flatMap((rank) => [rank, rank])), 48)));
	return box;
}

// When it was said that no rank moved, and where the ranks were then.
function stallLine(attempt) {
	return element("p", "why", "After " + duration(attempt.stall.at) + ": " + attempt.stall.text
		+ (attempt.stall.over ? "; then they moved again" : ""));
}

// What dumps say of the collectives of ATTEMPT, those first in which ranks are behind.
function collectiveList(attempt) {
	const box = element("ul", "evidence positions");
	const order = [...attempt.collectives.filter((one) => one[2]), ...attempt.collectives.filter((one) => !one[2])];
	box.append(...order.slice(0, POSITIONS_SHOWN).map(([counted, words, behind]) => element("li", behind ? "out" : "",
		(counted ? "By NCCL's RAS: " : "By PyTorch's dumps: ") + text(words))));
	if (order.length > POSITIONS_SHOWN)
		box.append(element("li", "faint", plural(order.length - POSITIONS_SHOWN, "more group", "more groups")));
	return box;
}

const page = {
	table: new RankTable(),
	timeline: new Timeline(),
	rows: [],

	verdict(attempt) {
		const box = document.getElementById("verdict"), count = attempt.candidates.length;
		const who = element("div", "who");
		box.replaceChildren(who);
		box.className = attempt.root ? "failed" : "";
		if (attempt.root) {
			who.append(capital(whoFailed(attempt)),
				element("span", "badge " + attempt.candidates[0].confidence, attempt.candidates[0].confidence));
			if (attempt.explanation)
				box.append(element("p", "why", attempt.explanation));
			box.append(...attempt.candidates.slice(0, CANDIDATES_SHOWN).map((finding) => findingBox(finding, count > 1)));
			if (count > CANDIDATES_SHOWN)
				box.append(element("p", "faint", plural(count - CANDIDATES_SHOWN, "more candidate", "more candidates")));
			const more = attempt.own_faults.length - CANDIDATES_SHOWN;
			box.append(...attempt.own_faults.slice(0, CANDIDATES_SHOWN).map((finding) => findingBox(finding, true)));
			if (more > 0)
				box.append(element("p", "faint", plural(more, "more by itself", "more by themselves")));
		} else {
			who.append(this.withoutCulprit(attempt));
			if (attempt.explanation)
				box.append(element("p", "why", attempt.explanation));
			if (attempt.advice)
				box.append(adviceLine(attempt));
			if (attempt.positions.length > 0)
				box.append(positionList(attempt));
			if (attempt.calls)
				box.append(element("ul", "evidence positions", element("li", "out", capital(attempt.calls))));
			if (attempt.collectives.length > 0)
				box.append(collectiveList(attempt));
		}
		if (attempt.stall)
			box.append(stallLine(attempt));
		this.crashes(box);
	},

	crashes(box) {
		if (data.crashed === 0)
			return;
		box.append(element("div", "who minor", (data.outcome === "SUCCEEDED" ? "And yet " : "Before that, ")
			+ plural(data.crashed, "process crashed", "processes crashed")));
		box.append(...data.crashes.slice(0, CANDIDATES_SHOWN).map((finding) => findingBox(finding, true)));
	},

	withoutCulprit(attempt) {
		if (attempt.outcome === "SUCCEEDED")
			return "The job succeeded";
		if (attempt.outcome === "RUNNING")
			return "The job has not ended";
		return attempt.ranks.rank.some((rank) => rank >= 0) ? "No rank failed first" : "Nothing failed first";
	},

	head() {
		document.title = visible("vigil: " + data.run + " " + data.outcome.toLowerCase());
		document.getElementById("run").textContent = visible(data.run === "" ? "job" : "job " + data.run);
		const badge = document.getElementById("outcome");
		badge.textContent = data.outcome.toLowerCase();
		badge.classList.add(data.outcome);
		const facts = [["took", duration(data.took)], ["began", new Date(data.began / 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC"],
			["", plural(data.hosts.length, "host", "hosts")]];
		if (data.world >= 0)
			facts.push(["", plural(data.world, "rank", "ranks")]);
		facts.push(["", plural(data.seen, "process", "processes") + ", " + data.failed.toLocaleString("en") + " failed"
			+ (data.unfinished > 0 ? ", " + data.unfinished.toLocaleString("en") + " without an end" : "")]);
		document.getElementById("facts").replaceChildren(...facts.map(([name, value]) =>
			element("div", "", element("dt", "", name), element("dd", "", value))));
		const warnings = data.missing === null ? data.warnings : [data.missing, ...data.warnings];
		document.getElementById("warnings").hidden = warnings.length === 0;
		document.querySelector("#warnings ul").append(...warnings.map((words) => element("li", "", words)));
	},

	attempts() {
		const select = document.getElementById("attempt");
		document.getElementById("attempt-choice").hidden = data.attempts.length < 2;
		data.attempts.forEach((attempt, i) => {
			const launch = attempt.launch > 0 ? "launch " + attempt.launch + ", " : "";
			const option = element("option", "", launch + attempt.number + " (" + attempt.outcome.toLowerCase() + ")");
			option.value = i;
			select.append(option);
		});
		select.value = data.attempts.length - 1;
		select.addEventListener("change", () => this.show(data.attempts[Number(select.value)]));
	},

	show(attempt) {
		this.attempt = attempt;
		document.getElementById("attempt").value = data.attempts.indexOf(attempt);
		this.rows = rowsOf(attempt);
		document.getElementById("table-title").textContent = this.rows.length > 0 && this.rows[0].rank < 0 ? "Processes" : "Ranks";
		this.verdict(attempt);
		this.timeline.show(this.rows, attempt);
		this.timeline.resize();
		this.table.show(this.rows);
		stackTree.show(attempt);
	},

	// Opens the rank that the address names, "#rank-17", or "#attempt-1-rank-17" of an earlier attempt, counted from 1.
	follow() {
		const found = /^#(?:attempt-(\d+)-)?(rank|pid)-(\d+)$/.exec(location.hash);
		const index = found && found[1] ? Number(found[1]) - 1 : data.attempts.length - 1;
		if (!found || index < 0 || index >= data.attempts.length)
			return;
		if (this.attempt !== data.attempts[index])
			this.show(data.attempts[index]);
		const row = this.rows.find((one) => one[found[2]] === Number(found[3]) && (found[2] === "rank" || one.rank < 0));
		if (row)
			rankDialog.show(row);
	},

	// The address of ROW, as follow() takes it.
	addressOf(row) {
		const index = data.attempts.indexOf(this.attempt);
		return "#" + (index === data.attempts.length - 1 ? "" : "attempt-" + (index + 1) + "-")
			+ (row.rank >= 0 ? "rank-" + row.rank : "pid-" + row.pid);
	},

	start() {
		this.head();
		this.attempts();
		rankDialog.start();
		stackTree.start();
		this.show(data.attempts[data.attempts.length - 1]);
		this.follow();
		addEventListener("hashchange", () => this.follow());
		addEventListener("beforeprint", () => this.table.unfold());
		addEventListener("afterprint", () => this.table.draw());
		document.documentElement.dataset.ready = "yes";
	},
};

page.start();
