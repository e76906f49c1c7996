"""One tool as a persistent process: reads requests from standard input, answers with times and values.

Run by ``radiomics.py`` with the interpreter of the tool's own environment; imports nothing but numpy and the
tool.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import tracemalloc

import numpy as np

MAPS = 4


def load(path):
    """Return image, mask (slice, row, column) and the box of the mask with a margin of 6 voxels."""
    data = np.load(path)
    image, mask = data["image"], data["mask"]
    found = np.argwhere(mask)
    low = np.maximum(found.min(axis=0) - 6, 0)
    high = np.minimum(found.max(axis=0) + 7, mask.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return image, mask, box


def maps_of(image):
    """Return four maps of one exam: other values, the same voxels."""
    return {f"m{k}": np.ascontiguousarray(image * (1.0 + k) - k, dtype=np.float32) for k in range(MAPS)}


def kinephen_tools():
    from kinephen.radiomics import MaskContext, extract
    from kinephen.radiomics.complete import ibsi_features
    from kinephen.radiomics.prepare import on_grid, prepare
    from kinephen.radiomics.protocol import Protocol, Textures
    from kinephen.radiomics.shape.morphology import mask_morphology

    protocol = Protocol(textures=Textures(directional=("3D_mrg",)))

    def complete(maps, mask):
        context = on_grid(MaskContext(mask, (1.0, 1.0, 1.0)), protocol)
        shape = mask_morphology(context, protocol.features.mesh)
        found = {
            name: ibsi_features(prepare(image, context, protocol, target=context), protocol, shape=shape)
            for name, image in maps.items()
        }
        return {"/".join(k[:2]): v for k, v in found["m0"].items() if isinstance(v, float)}

    def the_104(maps, mask):
        return extract(MaskContext(mask, (1.0, 1.0, 1.0)), maps).features["m0"]

    return {"kinephen": complete, "kinephen-104": the_104}


def pyradiomics_tools():
    import logging

    import SimpleITK

    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    extractor = featureextractor.RadiomicsFeatureExtractor(binCount=32)
    extractor.enableAllFeatures()

    def run(maps, mask):
        label = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
        found = {}
        for image in maps.values():
            found = extractor.execute(SimpleITK.GetImageFromArray(image), label)
        return {k: float(v) for k, v in found.items() if k.startswith("original_")}

    return {"pyradiomics": run}


def pictologics_tools():
    from pictologics import Image, RadiomicsPipeline

    pipeline = RadiomicsPipeline(load_standard=False)
    families = ["intensity", "morphology", "texture", "histogram", "ivh"]
    steps = [
        {"step": "discretise", "params": {"method": "FBN", "n_bins": 32}},
        {"step": "extract_features", "params": {"families": families}},
    ]
    pipeline.add_config("all", steps)

    def run(maps, mask):
        spacing, origin = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
        label = Image(array=np.asfortranarray(mask.T.astype(np.uint8)), spacing=spacing, origin=origin)
        found = {}
        for image in maps.values():
            volume = Image(array=image.T, spacing=spacing, origin=origin)
            found = pipeline.run(volume, label, config_names=["all"])["all"]
        return {str(k): float(v) for k, v in found.items()}

    return {"pictologics": run}


TOOLS = {"kinephen": kinephen_tools, "pyradiomics": pyradiomics_tools, "pictologics": pictologics_tools}


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(family):
    before = peak_mb()
    tools = TOOLS[family]()
    print(json.dumps({"ready": sorted(tools), "mb": before}), flush=True)
    cases = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["case"] not in cases:
            cases.clear()
            image, mask, box = load(request["case"])
            full = maps_of(image)
            crop = {k: np.ascontiguousarray(v[box]) for k, v in full.items()}
            cases[request["case"]] = {
                "full": (full, mask),
                "cropped": (crop, np.ascontiguousarray(mask[box])),
            }
        maps, mask = cases[request["case"]][request["extent"]]
        maps = dict(list(maps.items())[: request["maps"]])
        if request["trace"]:
            tracemalloc.start()
        cpu, wall = time.process_time(), time.perf_counter()
        values = tools[request["tool"]](maps, mask)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        added = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        answer = {"cpu": cpu, "wall": wall, "values": values, "mb": peak_mb(), "added": added}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
