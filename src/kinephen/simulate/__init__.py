"""A neoadjuvant trial with known truth: images, DICOM, gene expression, clinical data and outcome.

How it is made, and where each part stands:

- `settings`: what can be chosen. Every value is repeated in ``truth.json``.
- `patient`: one patient. `tumour` draws their lesion at T1 and its change; two groups of patients change in
opposite
  directions (decreasing or increasing heterogeneity). `molecular` draws subtype, receptors, p53 and 70-gene
  class, `outcome` their follow-up by proportional hazards.
- `fields`, `anatomy`, `lesion`: the breast and the lesion's outline, rim, necrosis and habitats on any grid.
- `kinetics` (extended Tofts model), `signal` (spoiled gradient echo, Rician noise), `scanner` (three makers'
  protocols, receive field, motion, rounding), `exam`: what the scanner stores.
- `identity`, `layouts`, `layout_variants`, `analysis_objects`, `segmentations`, `exam_files`: the exam as
  DICOM. `layouts_bids`: the exam as BIDS-like NIfTI.
- `genes`, `array_design`, `expression`, `series_matrix`: arrays of two platforms in the layout of GEO.
- `trial`, `tables`, `truth`, `study`: the whole trial, and its folder.

Each draw comes from a stream that is named by seed, patient and purpose, so that neither order, cohort size
nor the number of processes changes a byte. The kinetics and the signal equation agree with dcmri 0.6.20 to
2e-8 mM and to 1e-15 of the relaxed signal.
"""
