// The merged stacks: functions that call each other in the same ranks are one step.
const CHAIN_LETTERS = 240;
const CHILDREN_SHOWN = 30;

// FUNCTIONS that call each other, and where INSIDE is not 0, how many of a library's are below the last one.
function functionList(functions, inside) {
	const box = element("code", "functions"), steps = functions.map(text);
	const add = (from, to) => {
		for (let i = from; i < to; i++) {
			if (i > 0)
				box.append(element("span", "step", "›"));
			box.append(element("bdi", "", steps[i]));
		}
	};
	const letters = (list) => list.reduce((sum, step) => sum + step.length, 0);
	const long = letters(steps.slice(0, 2)) + letters(steps.slice(-3)) > CHAIN_LETTERS;
	const head = long ? 1 : 2, tail = long ? 2 : 3;
	const addInside = () => {
		if (inside > 0)
			box.append(element("span", "step", "›"), element("span", "faint", "… " + inside + " more"));
	};
	if (steps.length <= head + tail + 1) {
		add(0, steps.length);
		addInside();
		return box;
	}
	add(0, head);
	box.append(element("span", "step", "›"), button("more", steps.length - head - tail + " more", (event) => {
		event.preventDefault();
		box.replaceChildren();
		add(0, steps.length);
		addInside();
	}));
	add(steps.length - tail, steps.length);
	addInside();
	return box;
}

function inRanges(list, rank) {
	for (let i = 0; i < list.length; i += 2)
		if (rank >= list[i] && rank <= list[i + 1])
			return true;
	return false;
}

function treeNode(node, total) {
	const [functions, count, list, out, inside, children] = node;
	const share = element("i");
	share.style.width = Math.max(2, 100 * count / total) + "%";
	const names = ranges(list);
	const which = button("ranks mono", shortened(names, 24), (event) => {
		event.preventDefault();
		page.table.only((row) => inRanges(list, row.rank), plural(count, "rank", "ranks") + " of a stack");
	});
	which.title = "show them in the table: " + shortened(names, 300);
	const line = element("div", "node", element("span", "count", count.toLocaleString("en")),
		element("span", "share", share), which, functionList(functions, inside));
	if (children.length === 0)
		return element("div", out ? "leaf out" : "leaf", line);
	const details = element("details", out ? "out" : "", element("summary", "", line));
	details.open = true;
	treeChildren(details, children, total);
	return details;
}

function treeChildren(box, children, total) {
	for (const child of children.slice(0, CHILDREN_SHOWN))
		box.append(treeNode(child, total));
	if (children.length > CHILDREN_SHOWN)
		box.append(button("more", plural(children.length - CHILDREN_SHOWN, "more branch", "more branches"), (event) => {
			event.currentTarget.remove();
			treeChildren(box, children.slice(CHILDREN_SHOWN), total);
		}));
}

const stackTree = {
	box: document.getElementById("tree"),

	show(attempt) {
		const [total, children] = attempt.stacks;
		document.getElementById("stacks").hidden = total === 0;
		document.getElementById("stacks-hint").textContent =
			plural(total, "rank told", "ranks told") + " of a stack"
			+ (attempt.positions.some(([, , , outlier]) => outlier) ? "; those that stand apart from most are marked" : "");
		this.box.replaceChildren();
		treeChildren(this.box, children || [], total);
	},

	start() {
		const set = (open) => () => {
			for (const details of this.box.querySelectorAll("details"))
				details.open = open;
		};
		document.getElementById("open-all").addEventListener("click", set(true));
		document.getElementById("close-all").addEventListener("click", set(false));
	},
};
