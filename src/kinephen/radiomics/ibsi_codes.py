"""The 169 features of IBSI-1: our names by family, with the permanent codes of the reference manual."""

from __future__ import annotations


def _table(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


IBSI_CODES: dict[str, dict[str, str]] = {
    "morphology": _table("""
        volume_mesh RNU0 volume_voxels YEKZ surface_area C0JK surface_to_volume 2PR5 compactness_1 SKGS
        compactness_2 BQWJ spherical_disproportion KRCK sphericity QCFX asphericity 25C7
        centre_of_mass_shift KLMA maximum_diameter L0JK major_axis_length TDIC minor_axis_length P9VJ
        least_axis_length 7J51 elongation Q3CK flatness N17B volume_density_box PBX1 area_density_box R59B
        volume_density_ellipsoid 6BDE area_density_ellipsoid RDD2 volume_density_hull R3ER
        area_density_hull 7T7F integrated_intensity 99N0 moran_i N365 geary_c NPT7"""),
    "local_intensity": _table("local_peak VJGA global_peak 0F91"),
    "statistics": _table("""
        mean Q4LE variance ECT3 skewness KE2A excess_kurtosis IPH6 median Y12H minimum 1GSF p10 QG58 p90 8DWT
        maximum 84IY interquartile_range SALO range 2OJQ mean_absolute_deviation 4FUA
        robust_mean_absolute_deviation 1128 median_absolute_deviation N72L coefficient_of_variation 7TET
        quartile_coefficient_of_dispersion 9S40 energy N8CA root_mean_square 5ZWQ"""),
    "intensity_histogram": _table("""
        mean X6K6 variance CH89 skewness 88K1 excess_kurtosis C3I7 median WIFQ minimum 1PR8 p10 GPMT p90 OZ0C
        maximum 3NCY mode AMMC interquartile_range WR0O range 5Z3W mean_absolute_deviation D2ZX
        robust_mean_absolute_deviation WRZB median_absolute_deviation 4RNL coefficient_of_variation CWYJ
        quartile_coefficient_of_dispersion SLWD entropy TLU2 uniformity BJ5W maximum_gradient 12CE
        maximum_gradient_level 8E6O minimum_gradient VQB3 minimum_gradient_level RHQZ"""),
    "ivh": _table("v10 BC2M v90 BC2M i10 GBPN i90 GBPN v10_minus_v90 DDTU i10_minus_i90 CNV2"),
    "glcm": _table("""
        joint_maximum GYBY joint_average 60VM joint_variance UR99 joint_entropy TU9B difference_average TF7R
        difference_variance D3YU difference_entropy NTRS sum_average ZGXS sum_variance OEEB sum_entropy P6QZ
        energy 8ZQL contrast ACUI dissimilarity 8S9J inverse_difference IB1Z
        inverse_difference_normalised NDRX inverse_difference_moment WF0Z
        inverse_difference_moment_normalised 1QCO inverse_variance E8JP correlation NI2N autocorrelation QWB0
        cluster_tendency DG8W cluster_shade 7NFM cluster_prominence AE86 information_correlation_1 R8DG
        information_correlation_2 JN9H"""),
    "glrlm": _table("""
        small_emphasis 22OV large_emphasis W4KF low_level_emphasis V3SW high_level_emphasis G3QZ
        small_low_emphasis HTZT small_high_emphasis GD3A large_low_emphasis IVPO large_high_emphasis 3KUM
        level_non_uniformity R5YN level_non_uniformity_normalised OVBL size_non_uniformity W92Y
        size_non_uniformity_normalised IC23 percentage 9ZK5 level_variance 8CE5 size_variance SXLW
        entropy HJ9O"""),
    "glszm": _table("""
        small_emphasis 5QRC large_emphasis 48P8 low_level_emphasis XMSY high_level_emphasis 5GN9
        small_low_emphasis 5RAI small_high_emphasis HW1V large_low_emphasis YH51 large_high_emphasis J17V
        level_non_uniformity JNSA level_non_uniformity_normalised Y1RO size_non_uniformity 4JP3
        size_non_uniformity_normalised VB3A percentage P30P level_variance BYLV size_variance 3NSA
        entropy GU8N"""),
    "gldzm": _table("""
        small_emphasis 0GBI large_emphasis MB4I low_level_emphasis S1RA high_level_emphasis K26C
        small_low_emphasis RUVG small_high_emphasis DKNJ large_low_emphasis A7WM large_high_emphasis KLTH
        level_non_uniformity VFT7 level_non_uniformity_normalised 7HP3 size_non_uniformity V294
        size_non_uniformity_normalised IATH percentage VIWW level_variance QK93 size_variance 7WT1
        entropy GBDU"""),
    "ngtdm": _table("coarseness QCDE contrast 65HE busyness NQ30 complexity HDEZ strength 1X9X"),
    "ngldm": _table("""
        small_emphasis SODN large_emphasis IMOQ low_level_emphasis TL9H high_level_emphasis OAE7
        small_low_emphasis EQ3F small_high_emphasis JA6D large_low_emphasis NBZI large_high_emphasis 9QMG
        level_non_uniformity FP8K level_non_uniformity_normalised 5SPA size_non_uniformity Z87G
        size_non_uniformity_normalised OKJI percentage 6XV8 level_variance 1PFV size_variance DNX2
        entropy FCBV energy CAS9"""),
}
"""In run length, zone and dependence families `size` stands for run length, zone size, distance or count."""
