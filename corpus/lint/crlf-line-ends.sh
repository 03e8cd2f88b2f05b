#!/bin/sh
# A carriage return within a line is a character like others:  here.
# expect: crlf-line-ends
iptables -P INPUT DROP
iptables -P FORWARD DROP
