# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that is driven over two pipes, in its own protocol (DevTools), without anything installed beside it.

    with browser.Browser() as chromium:
        tab = chromium.open("file:///…/page.html")
        tab.value("document.title")
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe")
ANSWER_SECONDS = 120

KEY_CODES = {"Tab": 9, "Enter": 13, "Escape": 27, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38,
             "ArrowRight": 39, "ArrowDown": 40}

# Of what keeps the page from answering; told of from the first line of it on.
WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({type: "longtask", buffered: true});
"""


def found():
    """Where Chromium is, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, width=1280, height=900):
        self.directory = tempfile.mkdtemp(prefix="vigil-chromium-")
        self.number = 0
        self.events = []
        self.rest = b""
        to_read, self.to = os.pipe()
        self.come, from_write = os.pipe()

        def as_3_and_4():
            low, high = os.dup(to_read), os.dup(from_write)
            os.dup2(low, 3)
            os.dup2(high, 4)

        self.process = subprocess.Popen(
            [found(), *FLAGS, f"--user-data-dir={self.directory}", f"--window-size={width},{height}", "about:blank"],
            preexec_fn=as_3_and_4, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.come)
        # its children end a moment later, and write until then
        until = time.monotonic() + 10
        while os.path.exists(self.directory) and time.monotonic() < until:
            shutil.rmtree(self.directory, ignore_errors=True)
            time.sleep(0.05)

    def message(self, until):
        """The next thing that it says."""
        while b"\0" not in self.rest:
            if not select.select([self.come], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("chromium does not answer")
            more = os.read(self.come, 1 << 20)
            if not more:
                raise EOFError("chromium is gone")
            self.rest += more
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        asked = {"id": self.number, "method": method, "params": parameters}
        if session:
            asked["sessionId"] = session
        os.write(self.to, json.dumps(asked).encode() + b"\0")
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            message = self.message(until)
            if message.get("id") != self.number:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']['message']}")
            else:
                return message["result"]

    def open(self, address, dark=False):
        return Tab(self, address, dark)


class Tab:
    def __init__(self, browser, address, dark):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.call("Page.navigate", url=address)
        self.wait("document.documentElement?.dataset.ready === 'yes'")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def value(self, expression):
        """What the expression comes to, which may be a promise."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        return result["result"].get("value")

    def wait(self, expression, seconds=60):
        until = time.monotonic() + seconds
        while not self.value(expression):
            if time.monotonic() > until:
                raise TimeoutError(f"it never came that {expression}; {self.complaints()}")
            time.sleep(0.05)

    def key(self, key, text=None, shift=False):
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, modifiers=8 if shift else 0,
                      windowsVirtualKeyCode=KEY_CODES.get(key, 0), **more)

    def place(self, selector):
        """The middle of an element that is in sight, and whether a click there is the element's."""
        return self.value(f"""(() => {{ const at = document.querySelector({json.dumps(selector)});
            at.scrollIntoView({{block: "center"}}); const b = at.getBoundingClientRect();
            const x = b.x + b.width / 2, y = b.y + b.height / 2;
            return [x, y, at.contains(document.elementFromPoint(x, y))]; }})()""")

    def click(self, selector, seconds=20):
        """When the page has come to rest there: on a busy machine it still moves a while after it was loaded."""
        until = time.monotonic() + seconds
        before, now = None, self.place(selector)
        while (now != before or not now[2]) and time.monotonic() < until:
            time.sleep(0.1)
            before, now = now, self.place(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=now[0], y=now[1], button="left", clickCount=1)

    def own_events(self, *methods):
        return [event["params"] for event in self.browser.events
                if event.get("sessionId") == self.session and event.get("method") in methods]

    def complaints(self):
        """Errors and warnings of the console, and exceptions that nobody caught."""
        said = [event["entry"]["text"] for event in self.own_events("Log.entryAdded")]
        said += [event["exceptionDetails"].get("exception", {}).get("description", "")
                 for event in self.own_events("Runtime.exceptionThrown")]
        return said + [str(event["args"]) for event in self.own_events("Runtime.consoleAPICalled")]

    def requests(self):
        """Addresses that it asked for, besides the page."""
        return [event["request"]["url"] for event in self.own_events("Network.requestWillBeSent")
                if not event["request"]["url"].startswith(("file:", "about:", "data:"))]

    def screenshot(self, path, whole=False):
        """A picture of what is in sight, or of the WHOLE page."""
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
