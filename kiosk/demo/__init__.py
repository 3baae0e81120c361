"""The demonstration: a workbench of virtual devices and a fault proxy, a small scheme to sell cards of, and the tour through both.

The one room that starts an authority beside a terminal, each as a process of its own: killing the till must not kill the printer.
"""
