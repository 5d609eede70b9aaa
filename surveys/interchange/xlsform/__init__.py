"""XLSForm: the workbook of survey, choices and settings that KoBo, ODK and many offices use."""

from surveys.interchange.xlsform.reading import read
from surveys.interchange.xlsform.writing import write

__all__ = ["read", "write"]
