"""The laws against measurement: points read, predicted, compared; efficiencies fitted to them."""
