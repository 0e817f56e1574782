// The timeline: a line for each rank, thin enough that all fit. What is rare is drawn last, and never
// thinner than a few pixels, so that one rank of ten thousand is visible.
const LEFT = 64, TOP = 24, END_WIDTH = 3, LEAST_HEIGHT = 3, TICKS = 8;
const HINT = "Click a rank to open it. Drag to move; scroll with Ctrl to zoom in time, with Shift in ranks.";
const DRAW_ORDER = ["ok", "terminated", "survivor", "silent", "killed", "failed", "peer_loss", "own_fault", "culprit"];

// Steps of 1, 2 and 5 that make about COUNT of them in SIZE.
function stepOf(size, count) {
	const raw = size / count, power = 10 ** Math.floor(Math.log10(raw));
	return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= raw);
}

function moment(us, step) {
	const digits = Math.max(0, Math.ceil(6 - Math.log10(step) - 1e-9));
	return step >= 6e7 ? duration(us) : (us / 1e6).toFixed(Math.min(6, digits)) + " s";
}

class Timeline {
	constructor() {
		this.canvas = document.getElementById("timeline");
		this.hint = document.getElementById("timeline-hint");
		this.canvas.addEventListener("wheel", (event) => this.wheel(event), {passive: false});
		this.canvas.addEventListener("pointerdown", (event) => this.grab(event));
		this.canvas.addEventListener("pointermove", (event) => this.move(event));
		this.canvas.addEventListener("pointerup", (event) => this.release(event));
		this.canvas.addEventListener("pointerleave", () => this.hover(null));
		this.canvas.addEventListener("keydown", (event) => this.key(event));
		for (const made of document.querySelectorAll("[data-view]"))
			made.addEventListener("click", () => this.view(made.dataset.view));
		new ResizeObserver(() => this.resize()).observe(this.canvas);
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.plan());
		this.planned = false;
	}

	show(rows, attempt) {
		this.rows = rows.slice().sort((a, b) => a.rank - b.rank || a.began - b.began);
		this.root = attempt.root ? attempt.candidates[0] : null;
		const order = new Map(DRAW_ORDER.map((role, i) => [role, i]));
		this.drawOrder = this.rows.map((row, i) => i)
			.sort((a, b) => (order.get(this.rows[a].role) || 0) - (order.get(this.rows[b].role) || 0));
		this.begin = this.rows.reduce((least, row) => row.began < 0 ? least : Math.min(least, row.began), Infinity);
		this.end = this.rows.reduce((most, row) => Math.max(most, row.ended), 0);
		if (!(this.begin < this.end))
			[this.begin, this.end] = [0, Math.max(1, this.end)];
		this.legend();
		this.hovered = null;
		this.hover(null);
		this.view("all");
	}

	legend() {
		const entries = [["init", "initialising", "state"], ["running", "running", "state"]].concat(
			ROLE_ORDER.filter((role) => this.rows.some((row) => row.role === role)).map((role) => [role, ROLES[role], ""]));
		document.getElementById("legend").replaceChildren(...entries.map(([color, words, kind]) => {
			const dot = element("span", "dot " + kind);
			dot.style.setProperty("--color", "var(--" + color + ")");
			return element("span", "", dot, words);
		}));
	}

	view(name) {
		const space = this.end - this.begin;
		if (name === "all") {
			this.from = this.begin - space * .01;
			this.to = this.end + space * .02;
			this.top = 0;
			this.bottom = this.rows.length;
		} else if (name === "end") {
			const ends = this.rows.filter((row) => row.state === "FAILED").map((row) => row.ended);
			const first = this.root ? this.root.at : ends.length ? ends.reduce((a, b) => Math.min(a, b)) : this.end;
			const last = Math.max(first + 1000, ends.length ? ends.reduce((a, b) => Math.max(a, b)) : this.end);
			this.from = first - (last - first) * .15;
			this.to = last + (last - first) * .1;
		} else {
			this.zoomTime(name === "in" ? .5 : 2, this.root ? this.root.at : (this.from + this.to) / 2);
		}
		this.plan();
	}

	zoomTime(by, at) {
		const inside = Math.max(this.from, Math.min(this.to, at));
		const space = Math.max(20, Math.min((this.end - this.begin) * 4, (this.to - this.from) * by));
		this.from = inside - (inside - this.from) * space / (this.to - this.from);
		this.to = this.from + space;
	}

	zoomRanks(by, at) {
		const space = Math.max(Math.min(4, this.rows.length), Math.min(this.rows.length, (this.bottom - this.top) * by));
		const top = at - (at - this.top) * space / (this.bottom - this.top);
		this.top = Math.max(0, Math.min(this.rows.length - space, top));
		this.bottom = this.top + space;
	}

	pan(time, ranks) {
		this.from += time;
		this.to += time;
		const space = this.bottom - this.top;
		this.top = Math.max(0, Math.min(this.rows.length - space, this.top + ranks));
		this.bottom = this.top + space;
	}

	resize() {
		const scale = window.devicePixelRatio || 1;
		this.canvas.style.height = this.rows && this.rows.length <= 12 ? TOP + 22 * this.rows.length + 8 + "px" : "";
		this.width = this.canvas.clientWidth;
		this.height = this.canvas.clientHeight;
		this.canvas.width = Math.round(this.width * scale);
		this.canvas.height = Math.round(this.height * scale);
		this.canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
		this.plan();
	}

	plan() {
		if (this.planned || !this.rows)
			return;
		this.planned = true;
		requestAnimationFrame(() => {
			this.planned = false;
			this.draw();
		});
	}

	x(us) {
		return LEFT + (us - this.from) / (this.to - this.from) * (this.width - LEFT);
	}

	y(index) {
		return TOP + (index - this.top) / (this.bottom - this.top) * (this.height - TOP);
	}

	draw() {
		if (!this.width)
			return;
		const context = this.canvas.getContext("2d");
		context.clearRect(0, 0, this.width, this.height);
		context.font = "11px system-ui, sans-serif";
		this.drawAxes(context);
		context.save();
		context.beginPath();
		context.rect(LEFT, TOP, this.width - LEFT, this.height - TOP);
		context.clip();
		this.drawLives(context);
		this.drawEnds(context);
		this.drawRoot(context);
		context.restore();
	}

	drawAxes(context) {
		context.fillStyle = cssColor("faint");
		context.strokeStyle = cssColor("line");
		context.lineWidth = 1;
		context.textBaseline = "middle";
		const step = stepOf(this.to - this.from, TICKS);
		for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
			const x = Math.round(this.x(at)) + .5;
			context.beginPath();
			context.moveTo(x, TOP - 4);
			context.lineTo(x, this.height);
			context.stroke();
			context.textAlign = x > this.width - 40 ? "right" : "center";
			if (x >= LEFT)
				context.fillText(moment(at, step), x, 9);
		}
		context.textAlign = "right";
		const lines = Math.max(1, Math.ceil(stepOf(this.bottom - this.top, Math.max(1, (this.height - TOP) / 22))));
		for (let i = Math.ceil(this.top / lines) * lines; i < this.bottom; i += lines)
			context.fillText(this.label(this.rows[i]), LEFT - 8, Math.min(this.height - 6, this.y(i + .5)));
	}

	label(row) {
		return row.rank >= 0 ? String(row.rank) : shortened(visible(row.program), 9);
	}

	drawLives(context) {
		const height = Math.max(1, (this.height - TOP) / (this.bottom - this.top) * .8);
		const bars = [["init", (row) => row.began, (row) => row.running < 0 ? row.ended : row.running],
			["running", (row) => row.running < 0 ? row.ended : row.running, (row) => row.ended]];
		const first = Math.max(0, Math.floor(this.top)), last = Math.min(this.rows.length, Math.ceil(this.bottom));
		for (const [color, from, to] of bars) {
			context.fillStyle = cssColor(color);
			for (let i = first; i < last; i++) {
				const row = this.rows[i];
				if (row.began < 0 || to(row) < this.from || from(row) > this.to)
					continue;
				const left = this.x(from(row));
				context.fillRect(left, this.y(i + .1), Math.max(.5, this.x(to(row)) - left), height);
			}
		}
	}

	drawEnds(context) {
		const height = (this.height - TOP) / (this.bottom - this.top) * .8;
		let color = "";
		for (const i of this.drawOrder) {
			const row = this.rows[i];
			if (i + 1 < this.top || i > this.bottom || row.began < 0 || row.ended < this.from || row.ended > this.to)
				continue;
			if (row.role !== color) {
				color = row.role;
				context.fillStyle = cssColor(color);
			}
			const rare = color === "culprit" || color === "own_fault" || color === "peer_loss" || color === "failed";
			const tall = Math.max(rare ? LEAST_HEIGHT : 1, height);
			context.fillRect(this.x(row.ended) - 1, this.y(i + .5) - tall / 2, END_WIDTH, tall);
		}
	}

	drawRoot(context) {
		if (this.root === null)
			return;
		const x = Math.round(this.x(this.root.at)) + .5;
		context.strokeStyle = cssColor("culprit");
		context.setLineDash([3, 3]);
		context.beginPath();
		context.moveTo(x, TOP);
		context.lineTo(x, this.height);
		context.stroke();
		context.setLineDash([]);
		const index = this.rows.findIndex((row) => row.role === "culprit" && row.rank === this.root.rank && row.pid === this.root.pid);
		if (index < 0 || index < this.top || index > this.bottom)
			return;
		context.fillStyle = cssColor("culprit");
		context.beginPath();
		context.arc(x, this.y(index + .5), 4.5, 0, 2 * Math.PI);
		context.fill();
	}

	rowAt(y) {
		const index = Math.floor(this.top + (y - TOP) / (this.height - TOP) * (this.bottom - this.top));
		return y < TOP || index < 0 || index >= this.rows.length ? null : index;
	}

	timeAt(x) {
		return this.from + (x - LEFT) / (this.width - LEFT) * (this.to - this.from);
	}

	hover(index) {
		if (index === null) {
			this.hint.textContent = HINT;
			return;
		}
		const row = this.rows[index];
		this.hint.textContent = visible(row.name) + " on " + visible(row.host || "no host") + ": "
			+ (ROLES[row.role] || row.role) + (row.began < 0 ? ", never seen" : " after " + duration(row.ended - row.began))
			+ (row.reason && row.began >= 0 ? ": " + visible(row.reason) : "");
	}

	wheel(event) {
		if (!event.ctrlKey && !event.shiftKey && !event.altKey && document.activeElement !== this.canvas)
			return; // the page scrolls, until the timeline was clicked
		event.preventDefault();
		const by = Math.exp(event.deltaY / 300);
		if (event.shiftKey)
			this.zoomRanks(Math.exp((event.deltaY || event.deltaX) / 300), this.rowAt(event.offsetY) || this.top);
		else
			this.zoomTime(by, this.timeAt(event.offsetX));
		this.plan();
	}

	grab(event) {
		this.grabbed = {x: event.offsetX, y: event.offsetY, moved: false};
		this.canvas.setPointerCapture(event.pointerId);
	}

	move(event) {
		const held = this.grabbed;
		if (!held) {
			this.hovered = this.rowAt(event.offsetY);
			this.hover(this.hovered);
			return;
		}
		const x = event.offsetX - held.x, y = event.offsetY - held.y;
		if (!held.moved && Math.abs(x) + Math.abs(y) < 4)
			return;
		held.moved = true;
		this.pan(-x / (this.width - LEFT) * (this.to - this.from), -y / (this.height - TOP) * (this.bottom - this.top));
		[held.x, held.y] = [event.offsetX, event.offsetY];
		this.plan();
	}

	release(event) {
		const held = this.grabbed;
		this.grabbed = null;
		const index = this.rowAt(event.offsetY);
		if (held && !held.moved && index !== null)
			rankDialog.show(this.rows[index]);
	}

	// Moves from the hovered rank to the next or the previous one.
	choose(by) {
		const index = this.hovered === null ? 0 : this.hovered + by;
		this.hovered = Math.max(0, Math.min(this.rows.length - 1, index));
		if (this.hovered < this.top || this.hovered >= this.bottom)
			this.pan(0, this.hovered - this.top);
		this.hover(this.hovered);
		this.plan();
	}

	key(event) {
		const time = (this.to - this.from) / 10, ranks = (this.bottom - this.top) / 10;
		const row = this.hovered === null ? (this.top + this.bottom) / 2 : this.hovered;
		const actions = {
			ArrowLeft: () => this.pan(-time, 0), ArrowRight: () => this.pan(time, 0),
			ArrowUp: () => event.shiftKey ? this.zoomRanks(.7, row) : this.pan(0, -ranks),
			ArrowDown: () => event.shiftKey ? this.zoomRanks(1 / .7, row) : this.pan(0, ranks),
			"+": () => this.view("in"), "=": () => this.view("in"), "-": () => this.view("out"),
			Home: () => this.view("all"), e: () => this.view("end"),
			PageUp: () => this.choose(-1), PageDown: () => this.choose(1),
			Enter: () => this.hovered !== null && rankDialog.show(this.rows[this.hovered]),
		};
		if (!(event.key in actions) || event.ctrlKey || event.metaKey || event.altKey)
			return;
		actions[event.key]();
		event.preventDefault();
		this.plan();
	}
}
