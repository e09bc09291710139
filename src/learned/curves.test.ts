import { expect, it } from "vitest";
import { trainingCurves } from "./curves.js";

const curve = [{ epoch: 5, loss: 2, validation: 3 }];
const stage = { curve, ended: "collapse", kept: 5, signs: ["flat"] };

it("finds the stages of every network, in whatever record they stand", () => {
  const members = [
    { pretraining: stage, compactness: { ...stage, ended: "all epochs" } },
    { pretraining: stage },
  ];
  expect(
    trainingCurves({ training: { health: { healthy: true }, members } }).map(
      ({ name, network, stage: of }) => [name, network, of],
    ),
  ).toEqual([
    ["network 1, pretraining", 1, "pretraining"],
    ["network 1, compactness", 1, "compactness"],
    ["network 2, pretraining", 2, "pretraining"],
  ]);
  const [only] = trainingCurves({ training: { members: [{ ...stage, explained: 1 }] } });
  expect(only).toEqual({
    name: "training",
    stage: "training",
    points: curve,
    ended: "collapse",
    unit: "epoch",
    kept: 5,
    signs: ["flat"],
  });
  expect(trainingCurves({ training: { ...stage, unit: "step" } })[0]?.unit).toBe("step");
  const folds = [{ training: { members: [stage] } }, { training: { members: [stage] } }];
  expect(trainingCurves({ training: { folds } }).map(({ name }) => name)).toEqual([
    "fold 1, training",
    "fold 2, training",
  ]);
});

it("finds none where there are none", () => {
  expect(trainingCurves({ training: { neighbours: 5, members: [] } })).toEqual([]);
  expect(trainingCurves({ training: { pretraining: { curve: [], ended: "left out" } } })).toEqual([]);
  expect(trainingCurves({ training: null })).toEqual([]);
});
