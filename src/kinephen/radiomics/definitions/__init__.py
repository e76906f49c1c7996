"""The 104 features by family: the rows behind `kinephen.radiomics.catalogue`."""
