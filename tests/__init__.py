"""The tests of Milepost: unit, contract, integration, e2e, and the golden logs they read."""
