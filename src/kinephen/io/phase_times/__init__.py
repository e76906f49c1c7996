"""When the phases of a DICOM exam were acquired: the attributes that tell, their meaning and precedence."""
