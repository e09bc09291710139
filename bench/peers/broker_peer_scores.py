"""What consumers of a broker in Python have in common: from messages to lines of answers and the windows that changed."""

import json

import numpy as np
import onnxruntime as ort

WANTED = ["score", "p_value", "is_anomaly"]


class Scores:
    """Of a model file; window 0 for rows of a table."""

    def __init__(self, path, window, entity, columns):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(path, options)
        self.window, self.entity, self.columns = window, entity, columns
        self.histories = {}

    def score(self, rows):
        found = self.session.run(WANTED, {"numeric": np.array(rows, dtype=np.float64)})
        return zip(*(out.tolist() for out in found))

    def answer(self, ids, records):
        """Lines, in the order of the messages, and the histories that they changed, as JSON."""
        inputs, places, changed = [], [], set()
        for k, record in enumerate(records):
            cells = [record[name] for name in self.columns]
            if self.window == 0:
                inputs.append(cells)
                places.append(k)
                continue
            history = self.histories.setdefault(record[self.entity], [])
            history.append(cells)
            changed.add(record[self.entity])
            if len(history) == self.window:
                inputs.append(list(history))
                places.append(k)
                history.pop(0)
        scores = dict(zip(places, self.score(inputs))) if inputs else {}
        lines = []
        for k, id_ in enumerate(ids):
            line = {"message": id_}
            if self.window > 0:
                line[self.entity] = records[k][self.entity]
            if k in scores:
                line["score"], line["p_value"], line["is_anomaly"] = scores[k]
            lines.append(json.dumps(line))
        return lines, {name: json.dumps(self.histories[name]) for name in changed}
