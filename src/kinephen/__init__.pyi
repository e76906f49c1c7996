"""Types of the names that `kinephen` loads on first use."""

from kinephen.config.load import load_study as load_study
from kinephen.core.volume import Geometry as Geometry
from kinephen.core.volume import Mask as Mask
from kinephen.errors import KinephenError as KinephenError
from kinephen.imaging.bias import correct_bias_field as correct_bias_field
from kinephen.imaging.ftv import functional_tumour_volume as functional_tumour_volume
from kinephen.imaging.kinetics import kinetic_maps as kinetic_maps
from kinephen.imaging.lesion import primary_lesion as primary_lesion
from kinephen.io.exam import read_exam as read_exam
from kinephen.io.geo import read_expression as read_expression
from kinephen.io.segmentation import read_mask as read_mask
from kinephen.io.signatures import load_signature as load_signature
from kinephen.io.tables import read_clinical as read_clinical
from kinephen.model.apply import apply_model as apply_model
from kinephen.model.load import load_fitted as load_fitted
from kinephen.molecular.score import score_cohort as score_cohort
from kinephen.phenotype.delta import delta_features as delta_features
from kinephen.phenotype.fit import fit_phenotypes as fit_phenotypes
from kinephen.phenotype.model import PhenotypeModel as PhenotypeModel
from kinephen.radiomics import MaskContext as MaskContext
from kinephen.radiomics import extract as extract
from kinephen.report.folder import write_report as write_report
from kinephen.study.run import run_study as run_study
from kinephen.survival.cox import cox_fit as cox_fit
from kinephen.survival.kaplan_meier import kaplan_meier_by_group as kaplan_meier_by_group
from kinephen.survival.logrank import logrank as logrank
from kinephen.survival.validation import cox_ladder as cox_ladder

__version__: str
