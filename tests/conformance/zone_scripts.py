# SPDX-License-Identifier: Apache-2.0
"""Scripts whose records are of all seasons of many years, in many time zones: data for test_script, like scripts.py."""
import os
import time

from scripts import RECORD, case, config, console, handle

ZONES = {}  # what TZ is for a script, by its name; None: it is not set
DAY = 86400
FIRST, LAST = -60 * 366 * DAY, 70 * 366 * DAY  # 1909 and 2040
# 1800, winter and summer of 1952, the seconds around 0, 2012, 2037 and 2100; the day that Apia left out, and the year 9999.
TIMES = [-5364662400, -567900000, -552200000, -1, 0, 1, 1325372400, 1341144000, 2116414800, 2131963200, 4102488000, 4118212800,
         1325239199, 1325239200, 253402214400]
NAMES = ("UTC0", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Monrovia",
         "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata", "Pacific/Apia", ":Europe/Paris", "/usr/share/zoneinfo/America/St_Johns", "",
         "<-0330>3:30", "EST5EDT", "CET-1CEST,M3.5.0,M10.5.0/3", "AEST-10AEDT,M10.1.0,M4.1.0/3", "XXX3YYY2:30,J60/0,300", None)


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


def set_zone(zone):
    os.environ.pop("TZ", None)
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()


def add(zone):
    set_zone(zone)
    sides = [at + aside for at in changes() for aside in (-1, 0)]
    records = [handle(**dict(RECORD, name="a", created=seconds + 0.25, msg=str(seconds))) for seconds in TIMES + sides]
    for what, more in ("", ""), (" by a datefmt", ", datefmt: '%H %M %j %z %Z'"):
        name = f"zone: {'TZ is not set' if zone is None else repr(zone)}{what}"
        case(name, [config()] + records, job_yaml=console("%(asctime)s %(message)s", formatter=more))
        ZONES[name] = zone


OWN = os.environ.get("TZ")
for each in NAMES:
    add(each)
set_zone(OWN)
