"""How the box of a photo is drawn on it: as any number of them are."""

from tltool.tasks.detect.pictures import KEY as KEY, MASKS as MASKS, draw as draw, hues as hues, mark as mark, shown as shown
