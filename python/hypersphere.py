"""Scores tables, series and images with a model file of hypersphere; needs numpy and onnxruntime, and Pillow for image files.

    from hypersphere import ImageModel, Model

    model = Model("model.onnx")
    score, p_value, is_anomaly = model.score(model.read("today.csv"))

    parts = ImageModel("parts.onnx")
    image = parts.read("part.png")
    score, p_value, is_anomaly = parts.score(image)
    where = parts.map(image)  # float32 [height, width]; a pixel above parts.threshold is abnormal

Cells become values as hypersphere reads them: white space around texts is no part of them, the missing values, units,
separators and lengths of time of the training data mean the same, and True, true and 1 are one category. What that is stands in the card
inside the model file. `python hypersphere.py model.onnx today.csv`, or images in its place, prints scores as CSV.
"""

import csv
import datetime
import gzip
import io
import json
import math
import re
import sys
import unicodedata
import warnings
import zipfile

import numpy as np
import onnxruntime as ort

_SPACE = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_SIGN = "[-+\u2010-\u2013\u2212\ufe63\uff0d]"
_MONEY = "$\u00a2-\u00a5\u058f\u060b\u07fe\u07ff\u09f2\u09f3\u09fb\u0af1\u0bf9\u0e3f\u17db\u20a0-\u20c0\ua838\ufdfc\ufe69\uff04\uffe0\uffe1\uffe5\uffe6"
_LETTER = r"[^\W\d_]"
_CURRENCY = (
    f"(?:[A-Z]{{0,3}}[{_MONEY}]|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|ZAR|KRW|SGD|HKD|MXN|TRY|RUB"
    r"|Rs\.?|kr\.?|Fr\.)"
)
_DIGITS = "(?:[0-9][0-9.,'’_ \u00a0\u2009\u202f]*[0-9]|[0-9])[.,]?|[.,][0-9]+"
_UNIT = (
    f"(?:{_LETTER}|[°%‰′″\"Ωµ{_MONEY}])"
    f"(?:(?:[^\\W_]|[°%‰²³⁻¹/·*^.{_MONEY} -]){{0,14}}(?:[^\\W_]|[°%‰²³¹.{_MONEY}]))?"
)
_SHAPE = re.compile(
    f"((?:[<>]=?|[≤≥~≈])?)\\s*({_SIGN}?)\\s*((?:{_CURRENCY})?)\\s*({_SIGN}?)\\s*({_DIGITS})((?:[eE][-+]?[0-9]+)?)\\s*((?:{_UNIT})?)\\s*({_SIGN}?)"
)
_OTHERWISE = re.compile(r"[+-]?0[xXbBoO][0-9a-fA-F]+|[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITE = re.compile(r"([+-]?)(?:inf(?:inity)?|∞|1\.#inf0*)", re.IGNORECASE)
_MINUS = re.compile("[\u2010-\u2013\u2212\ufe63\uff0d]")
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NEEDLESS = re.compile("[\u00ad\u200b\u2060\ufeff]")
_UNITS = [
    ("w|wks?|weeks?", 604800, 1),
    ("d|days?", 86400, 1),
    ("h|hrs?|hours?", 3600, 1),
    ("m|mins?|minutes?", 60, 1),
    ("s|secs?|seconds?", 1, 1),
    ("ms|msecs?|milliseconds?", 1, 1000),
    ("[uµμ]s|microseconds?", 1, 1000000),
    ("ns|nanoseconds?", 1, 1000000000),
]
_PART = "([0-9]+(?:[.,][0-9]+)?)"
_ISO = re.compile(
    f"([-+]?)P(?=[0-9]|T[0-9])(?:{_PART}W)?(?:{_PART}D)?(?:T(?=[0-9])(?:{_PART}H)?(?:{_PART}M)?(?:{_PART}S)?)?", re.IGNORECASE
)
_CLOCK = re.compile(
    r"([-+]?)(?:([0-9]{1,9})(?:\.|\s*d(?:ays?)?,?\s*([-+]?)))?([0-9]{1,9}):([0-5][0-9]):([0-5][0-9](?:[.,][0-9]{1,9})?)",
    re.IGNORECASE,
)
_DAYS_AND_HOURS = re.compile(r"([-+]?)([0-9]{1,9})\s*d(?:ays?)?,?\s*([-+]?)([0-9]{1,2}):([0-5][0-9])", re.IGNORECASE)
_FOUR_PARTS = re.compile(r"([-+]?)([0-9]{1,9}):([01]?[0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9](?:[.,][0-9]{1,9})?)")
_TWELVE_HOURS = re.compile(
    r"(0?[1-9]|1[0-2]):([0-5][0-9])(?::([0-5][0-9](?:[.,][0-9]{1,9})?))?\s*([ap])(?:m|\.\s?m\.)", re.IGNORECASE
)
_DAYS = re.compile(r"([-+]?)([0-9]{1,9})\s*days?", re.IGNORECASE)
_SHORT = re.compile(r"([-+]?)([0-9]{1,4}):([0-5][0-9](?:[.,][0-9]{1,9})?)")
_COMPOSED = re.compile(
    "([-+]?)" + "".join(f"(?:([0-9]+(?:\\.[0-9]+)?)\\s*(?:{names})(?![a-zµμ])[\\s,]*)?" for names, _, _ in _UNITS)
)


def _plain(text):
    """With digits of any script and full-width characters as ASCII writes them, and without invisible characters."""
    if len(text) > 256 or text.isascii():
        return text
    text = _INVISIBLE.sub("", text)
    text = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)
    text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    text = re.sub("([0-9])\u066b(?=[0-9])", r"\1.", text)
    return re.sub("([0-9])\u066c(?=[0-9])", r"\1'", text)


def _bare(cell):
    """A cell without white space around it, and without invisible characters that no text needs."""
    text = str(cell).strip(_SPACE)
    return text if text.isascii() else _NEEDLESS.sub("", text).strip(_SPACE)


def parse_duration(text):
    """The form ("full", "days", "12-hour": in seconds; "short" such as 7:27) and the value of a length of time, or None."""
    text = _plain(text).strip(_SPACE)
    if re.match("[\u2010-\u2013\u2212]", text):
        text = "-" + text[1:]
    if len(text) > 64 or not re.search("[0-9]", text):
        return None
    match = _ISO.fullmatch(text)
    if match:
        return "full", _signed(match[1], _sum(match.groups()[1:], [(604800, 1), (86400, 1), (3600, 1), (60, 1), (1, 1)]))
    match = _CLOCK.fullmatch(text) or _DAYS_AND_HOURS.fullmatch(text)
    if match:
        sign, days, time_sign, *time = match.groups()
        seconds, whole = _sum(time, [(3600, 1), (60, 1), (1, 1)]), _sum([days], [(86400, 1)])
        if "d" in text.lower():
            return "full", _signed(sign, whole) + _signed(time_sign, seconds)
        return "full", _signed(sign, whole + seconds)
    match = _DAYS.fullmatch(text)
    if match:
        return "full", _signed(match[1], _sum([match[2]], [(86400, 1)]))
    match = _SHORT.fullmatch(text)
    if match:
        return "short", _signed(match[1], _sum(match.groups()[1:], [(60, 1), (1, 1)]))
    match = _FOUR_PARTS.fullmatch(text)
    if match:
        return "days", _signed(match[1], _sum(match.groups()[1:], [(86400, 1), (3600, 1), (60, 1), (1, 1)]))
    match = _TWELVE_HOURS.fullmatch(text)
    if match:
        hours, minutes, seconds, half = match.groups()
        hour = int(hours) % 12 + (12 if half.lower() == "p" else 0)
        return "12-hour", _sum([minutes, seconds], [(60, 1), (1, 1)]) + 3600 * hour
    match = _COMPOSED.fullmatch(re.sub("[A-Za-z]{2,}", lambda word: word[0].lower(), text))
    if match and any(match.groups()[1:]):
        return "full", _signed(match[1], _sum(match.groups()[1:], [(times, per) for _, times, per in _UNITS]))
    return None


def _signed(sign, value):
    return -value if sign == "-" and value != 0 else value


def _sum(parts, units):
    total = 0.0
    for part, (times, per) in zip(parts, units):
        total += float((part or "0").replace(",", ".")) * times / per
    return total


def _unquoted(text):
    """The number within quotation marks, or behind one; codes with leading zeros are quoted to stay texts."""
    match = re.fullmatch("=?([\"'‘’])(.*)\\1", text) or re.fullmatch("(['‘’])(.*)", text)
    return text if match is None or re.match(r"\s*[-+]?0[0-9]", match[2]) else match[2].strip(_SPACE)


def parse_number(text):
    """The number that a text is, or None. Unlike float() it takes no "1_000" and no "nan"."""
    text = _plain(text).strip(_SPACE)
    if _MINUS.match(text):
        text = "-" + text[1:]
    if _DECIMAL.fullmatch(text):
        return float(text)
    match = _INFINITE.fullmatch(text)
    return None if match is None else -math.inf if match[1] == "-" else math.inf


def parse_noted(text, notation):
    """The number that a text is in a column's notation, with its unit and separators, or None."""
    if "duration" in notation:
        length = parse_duration(text)
        if length is not None:
            form, value = length
            # Days may be left out where there are none.
            return value if form == notation["duration"] or (form, notation["duration"]) == ("full", "days") else None
    cell = text
    text = _unquoted(_plain(text).strip(_SPACE))
    number = parse_number(cell)
    if number is not None and math.isinf(number) and not _DECIMAL.fullmatch(text):
        return number
    if len(text) > 48 or not re.search("[0-9]", text) or _OTHERWISE.fullmatch(text):
        return None
    wrapped = re.match(f"(?:[{_MONEY}]\\s*)?\\(", text) is not None
    if wrapped:
        if not re.search(r"\)\s*[%‰]?$", text) or text.count("(") > 1:
            return None
        text = re.sub(r"\)(\s*[%‰]?)$", r"\1", text.replace("(", "", 1)).strip(_SPACE)
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    _, before, prefix, between, mantissa, exponent, suffix, after = match.groups()
    signs = [sign for sign in (before, between, after) if sign]
    if len(signs) > 1 or (wrapped and signs) or (prefix and suffix) or re.search("[0-9][0-9]", suffix):
        return None
    affix = unicodedata.normalize("NFKC", prefix or suffix)
    if affix and affix != notation.get("affix", ""):
        return None
    by_point = _value(".", mantissa, exponent)
    # The decimal mark of Arabic numbers is one whatever that of the column is.
    by_comma = by_point if "\u066b" in cell else _value(",", mantissa, exponent)
    decimal = notation.get("decimal")
    if decimal is not None:
        value = by_point if decimal == "." else by_comma
    elif by_point is None or by_comma is None:
        value = by_comma if by_point is None else by_point
    else:
        value = by_point if by_point == by_comma else None
    negative = wrapped or (len(signs) == 1 and signs[0] != "+")
    return value if value is None or not negative else -value


def _value(decimal, mantissa, exponent):
    """Digits as a number, where one mark is before the decimals and everything else separates groups of three."""
    whole, mark, fraction = mantissa.rpartition(decimal)
    if not mark:
        whole, fraction = mantissa, ""
    if not re.fullmatch("[0-9]*", fraction) or whole + fraction == "":
        return None
    if not re.fullmatch("[0-9]*", whole):
        other = "," if decimal == "." else "."
        grouped = f"[1-9][0-9]{{0,2}}([{other}'’_ \u00a0\u2009\u202f])[0-9]{{3}}(?:\\1[0-9]{{3}})*"
        indian = decimal == "." and re.fullmatch("[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}", whole)
        if exponent or not (re.fullmatch(grouped, whole) or indian):
            return None
        whole = re.sub("[^0-9]", "", whole)
    return float(f"{whole or '0'}.{fraction or '0'}{exponent}")


def _keys(levels):
    """The key of a text: spellings with the same key are the same category."""
    truth, bit = re.compile("true|false", re.IGNORECASE), re.compile(r"[01](?:\.0+)?")
    plain = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
    scientific = re.compile(r"[-+]?(?:[1-9](?:\.[0-9]{1,15})?|0(?:\.0{1,15})?)[eE][-+]?[0-9]{1,2}")
    is_truth = any(level != "" for level in levels) and all(
        level == "" or truth.fullmatch(level) or bit.fullmatch(level) for level in levels
    )

    are_numbers = any(plain.fullmatch(level) for level in levels) and all(
        level == "" or plain.fullmatch(level) or scientific.fullmatch(level) for level in levels
    )

    def key(text):
        if is_truth and bit.fullmatch(text):
            return "true" if float(text) == 1 else "false"
        if truth.fullmatch(text):
            return text.lower()
        if plain.fullmatch(text) or (are_numbers and scientific.fullmatch(text)):
            return repr(float(text) + 0.0)
        return _seen(text)

    return key


def _seen(text):
    """A text as the eye sees it: an umlaut may be one character or two, and some spaces and characters are not seen."""
    if text.isascii():
        return text
    return re.sub("[\u00a0\u2007\u202f]", " ", unicodedata.normalize("NFC", _NEEDLESS.sub("", text) or text))


def _name_key(name):
    return _seen(name).strip(_SPACE)


def _spelled(name, names):
    """The one of the names that is this one, or else that looks the same; None where there is none, or several."""
    if name in names:
        return name
    alike = [each for each in names if isinstance(each, str) and _name_key(each) == _name_key(name)]
    return alike[0] if len(alike) == 1 else None


class _Missing:
    def __init__(self, reading):
        tokens = [token.strip(_SPACE) for token in reading.get("missing", [""])]
        self._everywhere = {"", *tokens}
        self._numbers = {number for number in map(parse_number, tokens) if number is not None}
        self._among_numbers = {token.lower() for token in reading.get("missingAmongNumbers", [])}

    def has(self, text):
        return text in self._everywhere or (bool(self._numbers) and parse_number(text) in self._numbers)

    def has_number(self, number):
        return number in self._numbers

    def without(self, numbers):
        """An array of numbers as float64, with those that stand for a missing value as NaN."""
        values = numbers.astype(np.float64)
        values[np.isin(values, list(self._numbers))] = np.nan
        return values

    def has_among_numbers(self, text):
        return len(text) <= 16 and text.lower() in self._among_numbers


def _is_number(cell):
    return isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, (bool, np.bool_))


def _number_reader(column, missing):
    notation = column.get("notation", {})

    def read(cell):
        """NaN where missing; None for what is no number."""
        if cell is None:
            return math.nan
        if isinstance(cell, (bool, np.bool_)):
            return float(cell)
        if _is_number(cell):
            return math.nan if math.isnan(cell) or missing.has_number(cell) else float(cell)
        text = _bare(cell)
        if missing.has(text):
            return math.nan
        number = None if notation.get("decimal") == "," else parse_number(text)
        if number is None:
            number = parse_noted(text, notation)
        if number is None and text.lower() in ("true", "false"):
            number = float(text.lower() == "true")
        return math.nan if number is None and missing.has_among_numbers(text) else number

    return read


def _text_reader(column, missing):
    levels = column["levels"]
    key = _keys(levels)
    exact, by_key = set(levels), {}
    for level in levels:
        by_key[key(level)] = None if key(level) in by_key else level

    def read(cell):
        """The level that a cell is, in the model's spelling; the empty text where missing."""
        if cell is None or (_is_number(cell) and (math.isnan(cell) or missing.has_number(cell))):
            return ""
        if isinstance(cell, (bool, np.bool_)):
            cell = "true" if cell else "false"
        text = _bare(cell)
        if missing.has(text) or text in exact:
            return "" if missing.has(text) else text
        return by_key.get(key(text)) or text

    return read


_PER_SECOND = {"seconds": 1, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}


def _seconds(time, unit):
    """Seconds since 1970 of a date as ISO 8601 has it, by the clock that it states or else in UTC, or of a number in the unit."""
    try:
        return float(time) / _PER_SECOND[unit]
    except ValueError:
        date = datetime.datetime.fromisoformat(re.sub("[zZ]$", "+00:00", time.strip().replace("/", "-")))
        return (date if date.tzinfo else date.replace(tzinfo=datetime.timezone.utc)).timestamp()


def _without_level(values, window, detrend):
    """Steps [steps, columns] less the median of the last `detrend` ones; in the first window of that window."""
    levels = np.empty_like(values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a value so far
        for at in range(len(values)):
            end = max(at + 1, min(window, len(values)))
            levels[at] = np.nanmedian(values[max(0, end - detrend) : end], axis=0)
    return np.where(np.isfinite(values), values - levels, values)


_KINDS = {"numeric": (_number_reader, np.float64), "categorical": (_text_reader, object)}


def _open(path, session_options):
    """A session, and the card of its model."""
    try:
        session = ort.InferenceSession(path, **{"providers": ["CPUExecutionProvider"], **session_options})
    except Exception:
        if zipfile.is_zipfile(path):
            raise ValueError(
                f"{path} is a fleet, and single models are read here: "
                f"`hypersphere inspect {path} --entity NAME --out NAME.onnx` takes the model of one entity out"
            ) from None
        raise
    card = session.get_modelmeta().custom_metadata_map.get("hypersphere.card")
    if card is None:
        raise ValueError(f"{path} is an ONNX model, but not one that hypersphere wrote")
    return session, json.loads(card)


def _require_contributions(card):
    if "contribution" not in card:
        raise ValueError(f"the model, of {card['detector']}, was trained without --explain, and does not say what adds to a score")


class ImageModel:
    """A model of images."""

    def __init__(self, path, **session_options):
        self.session, self.card = _open(path, session_options)
        self.schema = self.card["schema"]
        if self.schema.get("kind") != "images":
            raise ValueError(f"{path} is a model of rows: use Model")
        self.channels = self.schema["channels"]
        self.threshold = self.card["threshold"]["threshold"]

    def read(self, path):
        """
        An image file as the model takes it: uint8 [height, width, channels], upright, without alpha, of 16 bits the upper 8.
        """
        from PIL import Image, ImageOps

        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file)
            if image.mode.startswith("I;16") or image.mode == "I":
                values = np.asarray(image).astype(np.uint32) >> 8
                image = Image.fromarray(values.astype(np.uint8))
            pixels = np.asarray(image.convert("L" if self.channels == 1 else "RGB"))
        return pixels.reshape(*pixels.shape[:2], self.channels)

    def feeds(self, image):
        """What the model's input takes, of uint8 [height, width, channels], or [height, width] where it is grey."""
        image = np.asarray(image)
        if image.dtype != np.uint8:
            raise ValueError(f"the image is {image.dtype}; values are expected as uint8, from 0 to 255")
        if image.ndim == 2:
            image = image[:, :, None]
        if image.ndim != 3 or image.shape[2] != self.channels:
            raise ValueError(f"the image is {image.shape}, expected (height, width, {self.channels})")
        expected = (self.schema["height"], self.schema["width"])
        if not self.schema["resized"] and image.shape[:2] != expected:
            raise ValueError(f"the image is {image.shape[:2]}, but the model was trained on {expected} (height, width)")
        return {"image": image[None]}

    def score(self, image):
        """score, p_value and is_anomaly of an image."""
        results = self.session.run(["score", "p_value", "is_anomaly"], self.feeds(image))
        return tuple(result[0].item() for result in results)

    def map(self, image):
        """
        How abnormal each place of an image is: float32 [height, width] at the size of the card's `map`, each pixel for an equal
        part of the image. The highest value is the score.
        """
        if "map" not in self.card:
            raise ValueError(f"the model, of {self.card['detector']}, makes no maps")
        return self.session.run(["map"], self.feeds(image))[0][0]

    def contributions(self, image):
        """What each place of an image adds to its score, float32 [height, width]: of models that `train --explain` made."""
        _require_contributions(self.card)
        return self.session.run(["contribution"], self.feeds(image))[0][0]


class Model:
    """A model of rows of a table, or of windows of a series."""

    def __init__(self, path, **session_options):
        self.session, self.card = _open(path, session_options)
        schema = self.card["schema"]
        if schema.get("kind") == "images":
            raise ValueError(f"{path} is a model of images, which have no columns: use ImageModel")
        self.window = schema["layout"]["window"] if "layout" in schema else None
        self._detrend = schema.get("layout", {}).get("detrend")
        self.columns = schema.get("steps", schema)
        self._missing = _Missing(self.card.get("reading", {}))
        self._inputs = {given.name for given in self.session.get_inputs()}

    def read(self, path):
        """Rows of a CSV file or of JSON lines (also .gz), as dicts by column."""
        opened = gzip.open if path.endswith(".gz") else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            if path.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
                return [json.loads(line) for line in file if line.strip()]
            reading = self.card.get("reading", {})
            text = file.read()
            lines = list(io.StringIO(text, newline=""))
            said = re.fullmatch(r'("?)sep=(?=[\W_])([^"\r\n])\1[\r\n]+', lines[0], re.IGNORECASE) if lines else None  # as Excel writes it
            lines = lines[1:] if said else lines
            outside = re.sub('"[^"]*"', "", "".join(lines[:1000]))
            first = next((line for line in re.split("[\r\n]", outside) if line.strip()), "")
            found = said[2] if said else max(",\t;|", key=first.count)
            rows = csv.reader(lines, delimiter=reading.get("delimiter", found), skipinitialspace=True)
            rows = [row for row in rows if row]
        if not rows:
            raise ValueError(f"{path} is empty")
        names = [name.strip(_SPACE) for name in rows.pop(0)] if reading.get("header", True) else [f"c{k}" for k in range(len(rows[0]))]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def feeds(self, rows):
        """
        What the model's inputs take.

        rows: dicts by column, of texts or values; of a pandas table, `table.to_dict("records")`. For a series the steps of
        one stretch without a gap, in the order of time; every window of them is a row then.
        """
        self._require_columns(dict.fromkeys(name for row in rows for name in row) if rows else None)
        feeds = {}
        for kind, (reader, dtype) in _KINDS.items():
            if kind not in self._inputs:
                continue
            columns = [*self.columns[kind], *self._watched(kind)]
            values = np.empty((len(rows), len(columns)), dtype)
            for k, column in enumerate(columns):
                name, read, usual = column["name"], reader(column, self._missing), column.get("value")
                for at, row in enumerate(rows):
                    value = read(row[name] if name in row else row.get(_spelled(name, row), usual))
                    # A text where training had the same number in all rows is a change, whatever it says.
                    if value is None and usual is not None:
                        value = math.inf
                    if value is None:
                        raise ValueError(f"column {name!r} was trained on numbers, but row {at + 1} holds {row[_spelled(name, row)]!r}")
                    values[at, k] = value
            if self._detrend is not None and kind == "numeric":
                values = _without_level(values, self.window, self._detrend)
            if self.window is not None:
                count = max(0, len(rows) - self.window + 1)
                values = np.stack([values[at : at + self.window] for at in range(count)])
            feeds[kind] = values
        if "time" in self._inputs:
            # What a window is compared with depends on when it ends.
            layout = self.card["schema"]["layout"]
            ends = rows[self.window - 1 :]
            feeds["time"] = np.array([_seconds(row[_spelled(layout["timeColumn"], row)], layout["timeUnit"]) for row in ends], np.float64)
        return feeds

    def column_feeds(self, columns):
        """
        As `feeds`, of a table that is stored by column: arrays of equal length by name, such as `dict(table)` of pandas. Columns
        of numbers are taken as a whole, which is many times as fast. Series are not read so: their windows need `feeds`.
        """
        if self.window is not None:
            raise ValueError("a model of a series scores windows, which rows by column do not make: use feeds")
        self._require_columns(columns)
        rows = len(next(iter(columns.values()))) if columns else 0
        feeds = {}
        for kind, (_, dtype) in _KINDS.items():
            if kind not in self._inputs:
                continue
            wanted = [*self.columns[kind], *self._watched(kind)]
            values = np.empty((rows, len(wanted)), dtype)
            for k, column in enumerate(wanted):
                cells = columns.get(_spelled(column["name"], columns))
                cells = np.full(rows, column.get("value"), object) if cells is None else np.asarray(cells)
                numbers = kind == "numeric" and cells.dtype.kind in "biuf"
                values[:, k] = self._missing.without(cells) if numbers else self._cells(column, kind, cells)
            feeds[kind] = values
        return feeds

    def _require_columns(self, names):
        """Raises for a column that no row has: a score without it would mean nothing. None where there are no rows."""
        needed = [column["name"] for kind in _KINDS if kind in self._inputs for column in self.columns[kind]]
        lacking = [] if names is None else [name for name in needed if _spelled(name, names) is None]
        if lacking:
            raise ValueError(f"the rows lack columns that the model reads: {', '.join(lacking)}. They have {', '.join(map(str, names))}.")

    def _cells(self, column, kind, cells):
        """Values of cells of any type. Each that differs from the others is read once."""
        read, usual = _KINDS[kind][0](column, self._missing), column.get("value")
        known, values = {}, np.empty(len(cells), object)
        for at, cell in enumerate(cells.tolist()):
            key = (type(cell), cell)
            if key not in known:
                known[key] = read(cell)
                if known[key] is None and usual is None:
                    raise ValueError(f"column {column['name']!r} was trained on numbers, but row {at + 1} holds {cell!r}")
            # A text where training had the same number in all rows is a change, whatever it says.
            values[at] = math.inf if known[key] is None else known[key]
        return values

    def _watched(self, kind):
        """Columns that did not vary in training, where the model looks whether they do; an absent one does not."""
        constant = self.columns.get("constant", []) if self.columns.get("watched") else []
        return [
            {**column, "levels": [] if column["value"] is None else [str(column["value"])]}
            for column in constant
            if isinstance(column["value"], (int, float)) == (kind == "numeric")
        ]

    def contributions(self, rows):
        """
        What each column adds to the scores of rows (see `feeds`), by its name: float32 [rows], of a series [windows, steps]. With
        the card's baseline they add up to the score. Of models that `train --explain` or `withContributions` made.
        """
        _require_contributions(self.card)
        values = self.session.run(["contribution"], self.feeds(rows))[0]
        return {name: values[..., k] for k, name in enumerate(self.card["contribution"]["columns"])}

    def score(self, rows):
        """score, p_value and is_anomaly of every row (see `feeds`): arrays of float32, float32 and bool."""
        return self.session.run(["score", "p_value", "is_anomaly"], self.feeds(rows))


def _print_scores(path, data):
    if not data:
        raise ValueError("no data were named. Usage: python hypersphere.py MODEL.onnx ROWS.csv, or images in place of rows")
    if _open(path, {})[1]["schema"].get("kind") == "images":
        model = ImageModel(path)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["image", "score", "p_value", "is_anomaly"])
        for name in data:
            score, p_value, is_anomaly = model.score(model.read(name))
            writer.writerow([name, f"{score:.9g}", f"{p_value:.9g}", int(is_anomaly)])
    elif len(data) > 1:
        raise ValueError(f"{len(data)} files were named, but a model of rows takes one at a time")
    else:
        model = Model(path)
        scores = model.score(model.read(data[0]))
        print("row,score,p_value,is_anomaly")
        for at, (score, p_value, is_anomaly) in enumerate(zip(*scores)):
            print(f"{at + 1},{score:.9g},{p_value:.9g},{int(is_anomaly)}")


def _main(path="", *data):
    try:
        _print_scores(path, data)
    except UnicodeDecodeError:
        sys.exit(f"error: {data[0]} is not text in UTF-8; CSV and JSON lines are read here, also as .gz")
    # onnxruntime has exceptions of its own for files that are no models.
    except Exception as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
