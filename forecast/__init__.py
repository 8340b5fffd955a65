"""Election forecasts under exact law.

A model is the voters, a system is the law, a forecast is a model put through a system.
"""

__version__ = "0.1.0"
