#!/bin/sh
# last line without an end: the editor of the floppy distribution does that
ipchains -F output
ipchains -A output -p tcp -d 0/0 6667 -j REJECT
ipchains -A output -p tcp -d 0/0 194 -j REJECT -l