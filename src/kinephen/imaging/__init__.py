"""From dynamic frames to a lesion mask and kinetic maps. Pure functions of arrays."""
