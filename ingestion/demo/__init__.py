"""The demo company: a simulated firm whose true parameters are known, written as its systems would export it."""

from ingestion.demo.simulator import DemoReport, simulate

__all__ = ["DemoReport", "simulate"]
