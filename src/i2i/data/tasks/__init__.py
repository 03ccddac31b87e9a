"""Pairs made from plain photos: what is taken from a photo and is to be given back.

task, catalogue                what a task is; the tasks by name
colourise, edges, inpaint      grey, outlines or a photo with holes → the photo
super_resolve, blind           reduced → the photo
denoise, deblur, compression   noise, blur, JPEG, mosaic → the photo
night                          day ↔ night
levels, kernels, noise         of light, of blur, of sensors: what tasks are made of
folder                         a folder of photos → a folder of pairs

A task is a function of (photo, random generator) and of nothing else, so the pairs of a training run, of its resumption
and of a written folder are the same.
"""

from i2i.data.tasks.catalogue import TASKS, task_by_name
from i2i.data.tasks.folder import Made, cut_out, train_command, write_pairs
from i2i.data.tasks.task import COLOUR, Task

__all__ = ["COLOUR", "TASKS", "Made", "Task", "cut_out", "task_by_name", "train_command", "write_pairs"]
