// The table: any number of rows, of which only the visible ones are in the document.
const ROW_HEIGHT = 26;
const ROWS_BEYOND = 12;
const ROWS_PRINTED = 400;

const COLUMNS = [
	{name: "rank", title: "Rank", number: true, value: (row) => row.rank, show: (row) => row.rank < 0 ? "" : String(row.rank)},
	{name: "role", title: "Role", value: (row) => ROLE_ORDER.indexOf(row.role), show: (row) => ROLES[row.role] || row.role},
	{name: "host", title: "Host", value: (row) => row.host},
	{name: "pid", title: "Pid", number: true, value: (row) => row.pid, show: (row) => row.pid < 0 ? "" : String(row.pid)},
	{name: "program", title: "Program", value: (row) => row.program},
	{name: "state", title: "State", value: (row) => row.state},
	{name: "ended", title: "Until", number: true, value: (row) => row.ended, show: (row) => row.began < 0 ? "" : duration(row.ended)},
	{name: "delta", title: "After", number: true, value: (row) => row.delta === null ? Infinity : row.delta,
		show: (row) => row.delta === null ? "" : delta(row.delta)},
	{name: "reason", title: "Reason", value: (row) => row.reason, show: (row) => row.began < 0 ? "never seen" : row.reason},
];

function shownIn(column, row) {
	return column.show ? column.show(row) : column.value(row);
}

// A function that tests whether a rank is in WORDS, "0-15,42"; null where WORDS is no list of ranks.
function rankTest(words) {
	if (!/^\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*,?\s*$/.test(words))
		return null;
	const list = words.split(",").filter((part) => part.trim() !== "").flatMap((part) => {
		const [first, last] = part.split("-").map(Number);
		return [first, last === undefined ? first : last];
	});
	return (row) => inRanges(list, row.rank);
}

function textTest(words) {
	const wanted = words.toLowerCase();
	return (row) => [row.name, row.host, row.program, row.state, row.cause, row.reason, String(row.pid)]
		.some((value) => value.toLowerCase().includes(wanted));
}

class RankTable {
	constructor() {
		this.box = document.getElementById("table");
		this.head = document.getElementById("table-head");
		this.body = document.getElementById("table-body");
		this.filter = document.getElementById("filter");
		this.hiddenRoles = new Set();
		this.sortBy = null;
		this.down = false;
		this.selected = 0;
		this.extra = null;
		this.addHead();
		this.box.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()));
		new ResizeObserver(() => this.draw()).observe(this.box);
		this.box.addEventListener("keydown", (event) => this.key(event));
		this.body.addEventListener("click", (event) => this.click(event));
		this.filter.addEventListener("input", () => {
			this.extra = null;
			this.apply();
		});
	}

	addHead() {
		this.buttons = COLUMNS.map((column, i) => {
			const made = button("", column.title, () => this.sort(column));
			const cell = element("span", column.number ? "number" : "", made);
			cell.setAttribute("role", "columnheader");
			cell.setAttribute("aria-colindex", i + 1);
			cell.setAttribute("aria-sort", "none");
			this.head.append(cell);
			return made;
		});
	}

	show(rows) {
		this.rows = rows;
		this.extra = null;
		this.filter.value = "";
		this.hiddenRoles.clear();
		this.sortBy = null;
		this.addRoles();
		this.sort(COLUMNS[1]);
	}

	addRoles() {
		const counts = new Map();
		for (const row of this.rows)
			counts.set(row.role, (counts.get(row.role) || 0) + 1);
		this.counts = counts;
		document.getElementById("roles").replaceChildren(...ROLE_ORDER.filter((role) => counts.has(role)).map((role) => {
			const dot = element("span", "dot");
			dot.style.setProperty("--color", "var(--" + role + ")");
			const chip = button("chip", "", () => {
				this.hiddenRoles[this.hiddenRoles.has(role) ? "delete" : "add"](role);
				chip.setAttribute("aria-pressed", String(!this.hiddenRoles.has(role)));
				this.apply();
			});
			const count = counts.get(role);
			chip.append(dot, count.toLocaleString("en") + " " + (count === 1 ? ROLES : ROLES_OF_MANY)[role]);
			chip.setAttribute("aria-pressed", "true");
			chip.dataset.role = role;
			return chip;
		}));
	}

	sort(column) {
		this.down = this.sortBy === column && !this.down;
		this.sortBy = column;
		const values = new Map(this.rows.map((row) => [row, column.value(row)]));
		const order = new Intl.Collator("en", {numeric: true});
		const compare = typeof values.values().next().value === "string"
			? (a, b) => order.compare(values.get(a), values.get(b))
			: (a, b) => values.get(a) === values.get(b) ? 0 : values.get(a) - values.get(b);
		const sign = this.down ? -1 : 1;
		this.sorted = this.rows.slice().sort((a, b) => sign * compare(a, b) || a.rank - b.rank);
		this.buttons.forEach((made, i) => {
			const here = COLUMNS[i] === column;
			made.textContent = COLUMNS[i].title + (here ? this.down ? " ↓" : " ↑" : "");
			made.parentNode.setAttribute("aria-sort", here ? this.down ? "descending" : "ascending" : "none");
		});
		this.apply();
	}

	// Shows only the rows that pass TEST, and WHAT in place of the filter.
	only(test, what) {
		this.extra = test;
		this.filter.value = what;
		this.hiddenRoles.clear();
		for (const chip of document.querySelectorAll("#roles .chip"))
			chip.setAttribute("aria-pressed", "true");
		this.apply();
		this.box.scrollIntoView({block: "center"});
		this.box.focus({preventScroll: true});
	}

	apply() {
		const words = this.filter.value.trim();
		const test = this.extra || (words === "" ? () => true : rankTest(words) || textTest(words));
		this.visible = this.sorted.filter((row) => !this.hiddenRoles.has(row.role) && test(row));
		this.selected = 0;
		this.box.scrollTop = 0;
		this.box.setAttribute("aria-rowcount", this.visible.length + 1);
		document.getElementById("shown").textContent = this.visible.length === this.rows.length
			? plural(this.rows.length, "row", "rows")
			: this.visible.length.toLocaleString("en") + " of " + this.rows.length.toLocaleString("en");
		this.draw();
	}

	draw() {
		if (!this.visible)
			return;
		const first = Math.max(0, Math.floor(this.box.scrollTop / ROW_HEIGHT) - ROWS_BEYOND);
		const last = Math.min(this.visible.length,
			first + Math.ceil(this.box.clientHeight / ROW_HEIGHT) + 2 * ROWS_BEYOND);
		this.body.style.height = Math.max(2, this.visible.length) * ROW_HEIGHT + "px";
		this.put(first, last);
	}

	// Puts the rows into the document that a printer takes: the first ones of those that are shown.
	unfold() {
		const count = Math.min(this.visible.length, ROWS_PRINTED);
		this.put(0, count);
		this.body.style.height = (count + 1) * ROW_HEIGHT + "px";
		if (count < this.visible.length) {
			const more = element("p", "nothing", plural(this.visible.length - count, "more row", "more rows"));
			more.style.paddingTop = count * ROW_HEIGHT + "px";
			this.body.append(more);
		}
	}

	put(first, last) {
		const made = document.createDocumentFragment();
		for (let i = first; i < last; i++)
			made.append(this.rowElement(this.visible[i], i));
		if (this.visible.length === 0)
			made.append(element("p", "nothing", "Nothing matches the filter."));
		this.body.replaceChildren(made);
		if (this.visible.length > 0)
			this.box.setAttribute("aria-activedescendant", "row-" + this.selected);
	}

	rowElement(row, i) {
		const made = element("div", row.role === "culprit" ? "culprit" : "");
		made.setAttribute("role", "row");
		made.setAttribute("aria-rowindex", i + 2);
		made.setAttribute("aria-selected", String(i === this.selected));
		made.id = "row-" + i;
		made.dataset.index = i;
		made.style.top = i * ROW_HEIGHT + "px";
		for (const column of COLUMNS) {
			const cell = element("span", column.number ? "number" : "");
			const shown = visible(shownIn(column, row));
			cell.setAttribute("role", "gridcell");
			if (column.name === "role") {
				const dot = element("span", "dot");
				dot.style.setProperty("--color", "var(--" + row.role + ")");
				cell.append(element("span", "role", dot, shown));
			} else {
				cell.textContent = shown;
				cell.title = column.name === "reason" ? shown : "";
			}
			made.append(cell);
		}
		return made;
	}

	click(event) {
		const row = event.target.closest("[role=row]");
		if (row) {
			this.select(Number(row.dataset.index));
			rankDialog.show(this.visible[this.selected]);
		}
	}

	select(index) {
		this.selected = Math.max(0, Math.min(this.visible.length - 1, index));
		const top = this.selected * ROW_HEIGHT, room = this.box.clientHeight - 2 * ROW_HEIGHT;
		if (top < this.box.scrollTop)
			this.box.scrollTop = top;
		else if (top > this.box.scrollTop + room)
			this.box.scrollTop = top - room;
		this.draw();
	}

	neighbour(row, by) {
		const index = this.visible.indexOf(row) + by;
		if (index < 0 || index >= this.visible.length)
			return null;
		this.select(index);
		return this.visible[index];
	}

	key(event) {
		const page = Math.floor(this.box.clientHeight / ROW_HEIGHT) - 2;
		const moves = {ArrowDown: this.selected + 1, ArrowUp: this.selected - 1, PageDown: this.selected + page,
			PageUp: this.selected - page, Home: 0, End: this.visible.length - 1};
		if (event.target !== this.box)
			return;
		if (event.key in moves)
			this.select(moves[event.key]);
		else if (event.key === "Enter" && this.visible.length > 0)
			rankDialog.show(this.visible[this.selected]);
		else
			return;
		event.preventDefault();
	}
}
