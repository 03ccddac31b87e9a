"""The data doctor: what is wrong with a set of pairs, told before anybody trains on it.

sides       a pair, read as far as it can be        look        what is kept of each image
structure   how edges run on both sides             evidence    all of that, gathered
headers, labels, values, splits, copies (alike), register, partners, direction, nodata: the checks
finding     what a check finds                      gallery     its pictures
diagnosis   all of it, as text, JSON and page       examine     from first to last
"""

from i2i.data.doctor.diagnosis import Diagnosis
from i2i.data.doctor.examine import SAMPLE, examine, quick_check
from i2i.data.doctor.finding import CHECKS, Finding, Picture, Severity

__all__ = ["CHECKS", "SAMPLE", "Diagnosis", "Finding", "Picture", "Severity", "examine", "quick_check"]
