#!/usr/bin/env python3
"""Opens the page of `s2s screen --html` in headless Chromium and uses it: python3 check.py S2S FOLDER

FOLDER gets 1,000 structures, the page and screenshots in both themes, wide and 360 pixels wide. Needs Debian's packages
chromium and chromium-driver; standard library only. Exits with 1 at the first thing that is wrong.
"""

import base64
import contextlib
import json
import pathlib
import random
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

STRUCTURES = 1000
# Seconds of the page's main thread, which other programs on the machine do not stretch as they do seconds of a clock.
LOAD = 1.0
KEYS = {"down": "\ue015", "up": "\ue013", "left": "\ue012", "enter": "\ue007", "escape": "\ue00c", "home": "\ue011", "end": "\ue010", "tab": "\ue004"}
HOSTILE = "POSCAR_<img src=x onerror=document.title='run'>\u2028'\"`&amp;\u202e"


class Browser:
    """A session of WebDriver."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        for _ in range(300):
            with contextlib.suppress(OSError):
                if self.ask("GET", "/status")["ready"]:
                    break
            time.sleep(0.1)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments, "binary": "/usr/bin/chromium"},
                  "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def do(self, method, path, body=None):
        return self.ask(method, f"/session/{self.session}{path}", body)

    def run(self, script, *arguments):
        return self.do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.do("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def press(self, *keys):
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.do("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def size(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def theme(self, name):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def shot(self, path):
        path.write_bytes(base64.b64decode(self.do("GET", "/screenshot")))

    def close(self):
        with contextlib.suppress(Exception):
            self.do("DELETE", "")
        self.driver.terminate()
        self.driver.wait()


def expect(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")
    print(f"ok  {what}")


def hold(truth, what, detail=""):
    if not truth:
        raise AssertionError(f"{what}: {detail}")
    print(f"ok  {what} {detail}")


def write_structures(folder):
    """Rock salt, fluorite and simple cells of random elements, and some files with trouble."""
    random.seed(7)
    elements = "Li Na K Mg Ca Sr Ba Sc Y La Ti Zr Hf V Nb Ta Cr Mo W Mn Re Fe Ru Os Co Rh Ir Ni Pd Pt Cu Ag Au Zn Cd Al Ga In Tl Si Ge Sn Pb".split()
    anions = "H B C N O F P S Cl As Se Br Sb Te I".split()
    folder.mkdir(exist_ok=True)
    for number in range(STRUCTURES - 2):
        metal, anion = random.choice(elements), random.choice(anions)
        a = random.uniform(4.0, 6.5)
        sites = "0 0 0\n.25 .25 .25\n.75 .75 .75\n" if number % 2 else "0 0 0\n.5 .5 .5\n"
        text = f"x\n{a:.3f}\n0 .5 .5\n.5 0 .5\n.5 .5 0\n{metal} {anion}\n1 {2 if number % 2 else 1}\nDirect\n{sites}"
        if number % 10 == 0:
            # Cells with more atoms: eight times the cell, along each edge twice.
            shifts = [(i, j, k) for i in (0, .5) for j in (0, .5) for k in (0, .5)]
            rows = [[tuple((float(x) / 2 + s) for x, s in zip(site.split(), shift)) for shift in shifts] for site in sites.split("\n") if site]
            metals, others = rows[0], [row for more in rows[1:] for row in more]
            lines = "".join(f"{x} {y} {z}\n" for x, y, z in metals + others)
            text = f"x\n{2 * a:.3f}\n0 .5 .5\n.5 0 .5\n.5 .5 0\n{metal} {anion}\n{len(metals)} {len(others)}\nDirect\n{lines}"
        (folder / f"{number:04}.poscar").write_text(text)
    (folder / HOSTILE).write_text("Nb\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n.5 .5 .5\n")
    (folder / "far.poscar").write_text("x\n3\n1 0 0\n0 1 0\n0 0 1\nXe\n1\nDirect\n0 0 0\n")


COUNT = "return document.getElementById('count').textContent"
FORMULAS = "return [...document.querySelectorAll('tbody .open')].map((one) => one.textContent)"
COLUMN = "return [...document.querySelectorAll('tbody tr')].map((row) => row.cells[arguments[0]].textContent)"
FILTER = """const field = document.getElementById(arguments[0]); field.value = arguments[1];
    field.dispatchEvent(new Event('input', {bubbles: true}))"""
FOCUSED = "return document.activeElement.textContent"
OPEN = "return document.getElementById('detail').open"
WIDER = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def check_load(browser, page):
    """Least of three loads."""
    seconds = []
    for _ in range(3):
        browser.do("POST", "/url", {"url": "about:blank"})
        browser.devtools("Performance.enable", timeDomain="threadTicks")
        before = time.monotonic()
        browser.do("POST", "/url", {"url": page.as_uri()})
        wall = time.monotonic() - before
        metrics = {one["name"]: one["value"] for one in browser.devtools("Performance.getMetrics")["metrics"]}
        browser.devtools("Performance.disable")
        seconds.append((metrics["TaskDuration"], wall))
    busy, wall = min(seconds)
    hold(0 < busy < LOAD, "the page is there in less than a second", f"({busy:.2f} s of its thread, {wall:.2f} s by the clock)")


def check_table(browser):
    expect(browser.run(COUNT), f"{STRUCTURES} ranked", "every structure is counted")
    names = browser.run("return [...document.querySelectorAll('thead th')].map((one) => one.textContent)")
    scores = [float(text) for text in browser.run(COLUMN, names.index("p_measured"))]
    hold(scores == sorted(scores, reverse=True) and len(set(scores)) > 50, "the best come first")
    whole = browser.run("return DATA.ranking.map((hit) => hit.p_measured)")
    sort = "document.querySelectorAll('thead button')[arguments[0]].click()"
    browser.run(sort, names.index("formula"))
    found = browser.run(FORMULAS)
    # As localeCompare sorts: without regard to case first.
    hold(found == browser.run("return arguments[0].toSorted((a, b) => a.localeCompare(b))", found) and found[0] != found[-1], "formulas are sorted")
    expect(browser.run("return document.querySelectorAll('thead th')[arguments[0]].ariaSort", names.index("formula")), "ascending", "aria says so")
    tc = names.index("Tc/K")
    browser.run(sort, tc)
    down = [float(text.split()[0]) for text in browser.run(COLUMN, tc) if text]
    browser.run(sort, tc)
    up = [float(text.split()[0]) for text in browser.run(COLUMN, tc) if text]
    hold(down == sorted(down, reverse=True) and up == sorted(up) and down[0] > up[0], "temperatures are sorted both ways")
    browser.run(sort, 0)

    browser.run(FILTER, "elements", "Nb -O")
    found = browser.run(FORMULAS)
    inside = [set(re.findall("[A-Z][a-z]?", formula)) for formula in found]
    hold(found and all("Nb" in one and "O" not in one for one in inside), "elements are asked for and excluded", f"({len(found)} left)")
    expect(browser.run(COUNT), f"{len(found)} of {STRUCTURES} shown", "the count follows")
    browser.run(FILTER, "elements", "")
    browser.run(FILTER, "text", "far.poscar xe")
    expect(browser.run(FORMULAS), ["Xe"], "words of the text are all asked for")
    browser.run(FILTER, "text", "")
    browser.run(FILTER, "least", "0.6")
    least = [float(text) for text in browser.run(COLUMN, names.index("p_measured"))]
    left = int(browser.run(COUNT).split()[0])
    hold(least and min(least) >= 0.6 and left == sum(score >= 0.6 for score in whole), "low scores are left out", f"({left} left)")
    browser.run(FILTER, "least", "")
    before = len(browser.run(FORMULAS))
    browser.run("document.getElementById('more').click()")
    hold(len(browser.run(FORMULAS)) > before, "more rows come when asked for", f"({before} before)")


def check_keys(browser):
    browser.run("document.querySelector('tbody .open').focus()")
    formulas = browser.run(FORMULAS)
    browser.press("down", "down", "up")
    expect(browser.run(FOCUSED), formulas[1], "arrows move in the table")
    browser.press("enter")
    expect(browser.run(OPEN), True, "Enter opens a structure")
    hold(formulas[1] in browser.run("return document.getElementById('detail-title').textContent"), "it is the one in focus")
    inside = "return document.getElementById('detail').contains(document.activeElement)"
    drawing = "return document.activeElement.classList.contains('cell')"
    for _ in range(8):
        browser.press("tab")
        if browser.run(drawing):
            break
    expect(browser.run(drawing), True, "Tab comes to the drawing")
    circles = "return [...document.querySelectorAll('.cell circle')].map((one) => one.getAttribute('cx')).join()"
    before = browser.run(circles)
    browser.press("left")
    hold(before != browser.run(circles), "arrows turn the cell")
    browser.press("0")
    expect(browser.run(circles), before, "0 turns it back")
    expect(browser.run(inside), True, "focus stays inside")
    browser.press("escape")
    expect(browser.run(OPEN), False, "Esc closes it")
    expect(browser.run(FOCUSED), formulas[1], "focus is where it was")
    browser.press("end")
    expect(browser.run("return document.activeElement.closest('tr').cells[0].textContent"), str(STRUCTURES), "End comes to the last row")
    browser.press("home")
    expect(browser.run(FOCUSED), formulas[0], "Home comes to the first")


def check_dragging(browser):
    browser.run("document.querySelector('tbody .open').click()")
    box = browser.run("const b = document.querySelector('.cell').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]")
    lines = "return [...document.querySelectorAll('.cell line')].map((one) => one.getAttribute('x1')).join()"
    before = browser.run(lines)
    x, y = map(int, box)
    moves = [{"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0}, {"type": "pointerMove", "x": x + 60, "y": y + 20}, {"type": "pointerUp", "button": 0}]
    browser.do("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": moves}]})
    hold(before != browser.run(lines), "dragging turns the cell")
    hold("in units of the logit of p_listed_network" in browser.run("return document.getElementById('detail').textContent"), "it says to which answer atoms contribute")
    browser.run("document.getElementById('detail').close()")


def check_names(browser):
    browser.run(FILTER, "text", "onerror")
    expect(browser.run(FORMULAS), ["Nb"], "a file whose name is markup is found")
    expect(browser.run("return document.images.length"), 0, "its name made no element")
    expect(browser.run("return document.title"), "Screening for superconductors", "its name ran nothing")
    browser.run("document.querySelector('tbody .open').click()")
    hold("<img src=x" in browser.run("return document.getElementById('detail').textContent"), "its name is shown as it is")
    browser.run("document.getElementById('detail').close()")
    browser.run(FILTER, "text", "")


def check_widths_and_themes(browser, folder):
    contrast = """
        const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const ground = light(getComputedStyle(document.body).backgroundColor);
        return [...document.querySelectorAll('p, td, th button, dt, dd, label, figcaption, .open')].filter((one) => one.checkVisibility()).map((one) => {
            const text = light(getComputedStyle(one).color); return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05); })
            .reduce((least, one) => Math.min(least, one), 21)"""
    grounds = {}
    for theme in ("light", "dark"):
        browser.theme(theme)
        for width, height in ((1280, 900), (360, 740)):
            browser.size(width, height)
            browser.run("scrollTo(0, 0)")
            expect(browser.run(WIDER), 0, f"{width} pixels, {theme}: nothing is cut off or scrolled sideways")
            least = browser.run(contrast)
            hold(least >= 4.5, f"{width} pixels, {theme}: text can be read", f"(contrast at least {least:.1f})")
            browser.shot(folder / f"{theme}-{width}.png")
            browser.run("document.querySelector('tbody').scrollIntoView()")
            browser.shot(folder / f"{theme}-{width}-table.png")
            browser.run("document.querySelectorAll('tbody .open')[1].click()")
            expect(browser.run("const d = document.getElementById('detail'); return [d.scrollWidth - d.clientWidth > 0, d.getBoundingClientRect().right > innerWidth]"), [False, False],
                   f"{width} pixels, {theme}: a structure fits")
            browser.shot(folder / f"{theme}-{width}-structure.png")
            browser.run("document.getElementById('detail').close()")
        grounds[theme] = browser.run("return getComputedStyle(document.body).backgroundColor")
    hold(grounds["light"] != grounds["dark"], "the themes differ", str(grounds))


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    write_structures(folder / "structures")
    page, known, network = folder / "page.html", folder / "known.html", folder / "network.html"
    models = pathlib.Path(__file__).resolve().parents[3] / "s2s-predict/models/network"
    subprocess.run([program, "screen", "--html", page, folder / "structures"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "screen", "--html", known], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "screen", "--html", network, "--model", models, folder / "structures/0000.poscar", folder / "structures/0001.poscar"], check=True, stdout=subprocess.DEVNULL)
    browser = Browser(folder)
    try:
        browser.size(1280, 900)
        browser.theme("light")
        check_load(browser, page)
        check_table(browser)
        check_keys(browser)
        check_dragging(browser)
        check_names(browser)
        check_widths_and_themes(browser, folder)

        browser.size(1280, 900)
        browser.theme("light")
        expect(browser.run("return document.querySelectorAll('figure').length"), 1, "without labels there is no reliability diagram")
        browser.do("POST", "/url", {"url": known.as_uri()})
        expect(browser.run("return document.querySelectorAll('figure').length"), 2, "with labels there is one")
        browser.shot(folder / "known.png")
        browser.do("POST", "/url", {"url": network.as_uri()})
        browser.run("document.querySelector('tbody .open').click()")
        hold("Total of each element" in browser.run("return document.getElementById('detail').textContent"), "a network says what atoms contribute")
        browser.shot(folder / "network.png")
        wrong = [one for one in browser.do("POST", "/se/log", {"type": "browser"}) if one["level"] in ("SEVERE", "WARNING")]
        expect(wrong, [], "the console is empty")
    finally:
        browser.close()


if __name__ == "__main__":
    main()
