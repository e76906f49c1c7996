"""Features of one case by one peer, as JSON on the last line of standard output.

Run by ``radiomics_peers.py`` with the interpreter of the peer's own environment:
``python radiomics_peers_worker.py PEER IMAGE MASK``; imports nothing but the peer.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings

LEVELS = 32


def mirp(image, mask):
    """Return MIRP's features: all families of IBSI-1, averaged and merged in the volume."""
    from mirp import extract_features

    both, levels = ["3d_average", "3d_volume_merge"], "fixed_bin_number"
    (table,) = extract_features(
        image=image,
        mask=mask,
        image_modality="mri",
        base_feature_families="all",
        base_discretisation_method=levels,
        base_discretisation_n_bins=LEVELS,
        ivh_discretisation_method=levels,
        ivh_discretisation_n_bins=1000,
        glcm_spatial_method=both,
        glrlm_spatial_method=both,
        glszm_spatial_method="3d",
        gldzm_spatial_method="3d",
        ngtdm_spatial_method="3d",
        ngldm_spatial_method="3d",
    )
    row = table.iloc[0].to_dict()
    return {k: float(v) for k, v in row.items() if k.split("_")[0] not in ("sample", "image")}


def pyradiomics(image, mask):
    """Return PyRadiomics' features of the image as it is."""
    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    extractor = featureextractor.RadiomicsFeatureExtractor(binCount=LEVELS)
    extractor.enableAllFeatures()
    found = extractor.execute(image, mask)
    return {k: float(v) for k, v in found.items() if k.startswith("original_")}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    values = {"mirp": mirp, "pyradiomics": pyradiomics}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(values))
