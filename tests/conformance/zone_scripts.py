# SPDX-License-Identifier: Apache-2.0
"""Scripts whose records are of all seasons of many years, in many time zones: data for test_script, like scripts.py."""
import atexit
import os
import tempfile
import time

from scripts import RECORD, case, config, console, handle

ZONES = {}  # what TZ and TZDIR are for a script, by its name; None: it is not set
DAY = 86400
FIRST, LAST = -60 * 366 * DAY, 70 * 366 * DAY  # 1909 and 2040
# 1800, winter and summer of 1952, the seconds around 0, 2012, 2037 and 2100; the day that Apia left out, and the year 9999.
TIMES = [-5364662400, -567900000, -552200000, -1, 0, 1, 1325372400, 1341144000, 2116414800, 2131963200, 4102488000, 4118212800,
         1325239199, 1325239200, 253402214400]
NAMES = ("UTC0", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Monrovia",
         "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata", "Pacific/Apia", ":Europe/Paris", "/usr/share/zoneinfo/America/St_Johns", "",
         "<-0330>3:30", "EST5EDT", "CET-1CEST,M3.5.0,M10.5.0/3", "AEST-10AEDT,M10.1.0,M4.1.0/3", "XXX3YYY2:30,J60/0,300", None,
         # Old names, which a system may have no files of; rules that do not say when; neither.
         "US/Eastern", "Asia/Calcutta", "PST8PDT", "CET-1CEST", "XXX3YYY2:30", "EST5EDT,", "EST5:", "nonsense", ":")
# Of which zone the file posixrules is in a TZDIR of the test's own; None: there is no such file.
RULES = ("America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Etc/UTC", None)
UNSTATED = ("EST5EDT", "CET-1CEST", "AAA-10BBB,", "XXX3YYY2:30")
FILES = "/usr/share/zoneinfo"


def shown(seconds):
    at = time.localtime(seconds)
    return at.tm_gmtoff, at.tm_zone


def changes():
    """The first second after each change of the clocks between FIRST and LAST; two in one day are missed."""
    for day in range(FIRST, LAST, DAY):
        before, after = day, day + DAY
        if shown(before) == shown(after):
            continue
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if shown(middle) == shown(before) else (before, middle)
        yield after


def set_zone(variables):
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    time.tzset()


def add(name, zone, directory=None):
    variables = {"TZ": zone, "TZDIR": directory}
    set_zone(variables)
    sides = [at + aside for at in changes() for aside in (-1, 0)]
    records = [handle(**dict(RECORD, name="a", created=seconds + 0.25, msg=str(seconds))) for seconds in TIMES + sides]
    for what, more in ("", ""), (" by a datefmt", ", datefmt: '%H %M %j %z %Z'"):
        case(name + what, [config()] + records, job_yaml=console("%(asctime)s %(message)s", formatter=more))
        ZONES[name + what] = variables


def add_rules(directory, rules):
    os.mkdir(directory)
    if rules is not None:
        os.symlink(f"{FILES}/{rules}", f"{directory}/posixrules")
    for zone in UNSTATED:
        add(f"zone: {zone!r}, posixrules: {rules}", zone, directory)


OWN = {name: os.environ.get(name) for name in ("TZ", "TZDIR")}
for each in NAMES:
    add(f"zone: {'TZ is not set' if each is None else repr(each)}", each)
DIRECTORY = tempfile.TemporaryDirectory(prefix="vigil-zones-")
atexit.register(DIRECTORY.cleanup)
for number, each in enumerate(RULES):
    add_rules(f"{DIRECTORY.name}/{number}", each)
add("zone: a name in TZDIR", "Berlin", f"{FILES}/Europe")
set_zone(OWN)
