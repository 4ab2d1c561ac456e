"""Chromium, driven by a chromedriver of its own (WebDriver, https://www.w3.org/TR/webdriver2/)."""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


class Browser:
    """Ended with the block, and all that it has started with it."""

    def __init__(self):
        if shutil.which("chromedriver") is None:
            raise SystemExit("chromedriver is missing: scripts/setup test installs it")
        self.folder = tempfile.mkdtemp(prefix="message-center-browser-")
        self.log = f"{self.folder}/driver.log"

    def __enter__(self):
        found = None
        for _ in range(5):
            # It takes a port of IPv6 first, and ends where that is not free in IPv4.
            self.process = subprocess.Popen(["chromedriver", "--port=0"],
                                            stdout=open(self.log, "w"), stderr=subprocess.STDOUT)
            while self.process.poll() is None and not (found := self._port()):
                time.sleep(0.01)
            if found:
                break
        else:
            raise SystemExit("chromedriver does not start: " + open(self.log).read())
        self.address = f"http://localhost:{found[1]}/session"
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-gpu", "--disable-extensions", "--disable-background-networking",
                     "--force-color-profile=srgb", "--hide-scrollbars",
                     f"--user-data-dir={self.folder}/profile"]
        session = self._call("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments}}}})
        self.address += "/" + session["sessionId"]
        return self

    def _port(self):
        return re.search(r"successfully on port (\d+)", open(self.log).read())

    def __exit__(self, *_):
        try:
            self._call("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self.address + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            raise SystemExit(f"{path}: {problem.read().decode()[:500]}")

    def tools(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def see(self, width=1280, height=800, language="en-GB", theme="light", phone=False, zone="UTC"):
        """What the viewer sees with, from the next load on."""
        agent = self.tools("Browser.getVersion")["userAgent"]
        self.tools("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        self.tools("Emulation.setTimezoneOverride", timezoneId=zone)
        self.tools("Emulation.setEmulatedMedia",
                   features=[{"name": "prefers-color-scheme", "value": theme}])
        self.tools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                   deviceScaleFactor=1, mobile=phone)

    def open(self, url):
        """Loads a page anew, though only its fragment may differ."""
        self._call("POST", "/url", {"url": "about:blank"})
        self._call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The body of a function; returns what it returns."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def later(self, script, *arguments):
        """The same for one whose last argument is called with the result."""
        return self._call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def until(self, script, *arguments, seconds=30):
        """Waits until the script returns something true, and returns it."""
        deadline = time.monotonic() + seconds
        while not (value := self.run(script, *arguments)):
            if time.monotonic() > deadline:
                raise SystemExit(f"waited in vain for {script}; the page says: "
                                 + self.run("return document.body.innerText")[:600])
            time.sleep(0.01)
        return value

    def settled(self):
        """Waits until the page has all that it asked for."""
        self.until("""const page = document.querySelector("main > [data-page]")
            return page && page.childNodes.length > 0
                && !page.querySelector(".loading, [aria-busy]")""")

    def picture(self):
        """What is seen, as PNG."""
        return base64.b64decode(self._call("GET", "/screenshot"))
