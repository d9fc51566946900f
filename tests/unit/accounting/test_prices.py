"""Energy by quarter of an hour, tariffs of every kind, and how choices and claims become prices."""

import math
from typing import Any

import numpy as np
import pytest

from sim.accounting.energy import energy_usd
from sim.accounting.energy_use import energy_use, quarter_of_minute
from sim.accounting.prices import Priced, ResolvedPrices, Tariff, resolve_prices
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.reading import read_catalogue
from sim.core.errors import CatalogueError
from sim.scenario.prices import Prices

NIGHT = {"start_s": "22:00", "end_s": "06:30", "usd_per_kwh": 0.1}
DAY = {"start_s": "06:30", "end_s": "22:00", "usd_per_kwh": 0.3}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue()


def resolved(catalogue: Catalogue, server: str = "dgx_h100", **chosen: Any) -> ResolvedPrices:
    return resolve_prices(Prices.model_validate(chosen), "virginia", catalogue, {"main": server})


def test_minutes_lie_in_the_local_quarter_in_which_they_begin() -> None:
    assert quarter_of_minute(0.0, 61)[[0, 14, 15, 60]].tolist() == [0, 0, 1, 4]
    assert quarter_of_minute(899.0, 2).tolist() == [0, 1]
    assert quarter_of_minute(86_340.0, 2).tolist() == [95, 96]


def test_energy_is_found_at_its_hour_quarter_and_place_in_the_day() -> None:
    used = energy_use(np.full(120, 3.6e6), 22.5 * 3600)
    steps = used.steps_kwh
    assert (steps["hour"][22], steps["hour"][23], steps["hour"][0], used.total_kwh) == (30.0, 60.0, 30.0, 120.0)
    assert (steps["quarter"][90], steps["quarter"][0], steps["series"].tolist()) == (15.0, 15.0, [30.0, 60.0, 30.0])
    assert all(math.isclose(each.sum(), 120.0) for each in steps.values())


def test_last_short_minute_counts_only_what_it_drew() -> None:
    used = energy_use(np.array([3.6e6, 1.8e6]), 12 * 3600 - 60.0)
    assert energy_usd(used, Tariff((0.1,) * 12 + (0.2,) * 12, ("meter",))) == pytest.approx(1.0 * 0.1 + 0.5 * 0.2)


def test_negative_prices_pay_the_owner() -> None:
    assert energy_usd(energy_use(np.full(60, 3.6e6), 0.0), Tariff((-0.1,) * 24, ("meter",))) == pytest.approx(-6.0)


def test_bands_hold_to_the_quarter_and_go_round_midnight(catalogue: Catalogue) -> None:
    tariff = resolved(catalogue, time_of_use={"night": NIGHT, "day": DAY}).electricity
    assert (tariff.usd_per_kwh[25], tariff.usd_per_kwh[26]) == (0.1, 0.3)
    assert (tariff.usd_per_kwh[87], tariff.usd_per_kwh[88], tariff.usd_per_kwh[0]) == (0.3, 0.1, 0.1)
    used = energy_use(np.full(60, 3.6e6), 6 * 3600)
    assert energy_usd(used, tariff) == pytest.approx(30 * 0.1 + 30 * 0.3)


def test_one_band_may_last_the_whole_day(catalogue: Catalogue) -> None:
    whole = {"start_s": 0, "end_s": 0, "usd_per_kwh": 0.2}
    assert resolved(catalogue, time_of_use={"all": whole}).electricity.usd_per_kwh == (0.2,) * 96


def test_the_markets_prices_follow_the_simulated_day(catalogue: Catalogue) -> None:
    tariff = resolved(catalogue, market_usd_per_kwh=["50 USD/MWh", -0.01, 0.2]).electricity
    assert energy_usd(energy_use(np.full(120, 3.6e6), 22.5 * 3600), tariff) == pytest.approx(
        30 * 0.05 + 60 * -0.01 + 30 * 0.2
    )


def test_claims_of_the_catalogue_carry_their_sources(catalogue: Catalogue) -> None:
    prices, server = resolved(catalogue), catalogue.pick("servers", "dgx_h100")
    assert prices.servers["dgx_h100"].gpu_usd == Priced(
        server.gpu_usd.value, (server.gpu_usd.source,), ("facts.servers.dgx_h100.gpu_usd",), "cited"
    )
    site = catalogue.pick("sites", "virginia")
    expected = [site.electricity_usd_per_kwh.value * weight for weight in site.electricity_shape.value]
    assert prices.electricity.usd_per_kwh == pytest.approx(expected)
    assert set(prices.electricity.sources) <= set(catalogue.sources)
    assert prices.colocation_usd_per_kw_month.value == site.colocation_usd_per_kw_month.value


def test_choices_of_the_scenario_go_first(catalogue: Catalogue) -> None:
    chosen = {"equipment": {"dgx_h100": {"gpu_usd": 0.0}}, "lifetime_years": 2.0, "technician_usd_per_h": 0.0}
    prices = resolved(catalogue, electricity_usd_per_kwh=0.25, **chosen)
    assert prices.servers["dgx_h100"].gpu_usd == Priced(0.0, ("scenario",), ("prices.equipment.dgx_h100.gpu_usd",))
    assert prices.servers["dgx_h100"].cpu_usd.sources != ("scenario",)
    assert prices.lifetime_years == Priced(2.0, ("scenario",), ("prices.lifetime_years",))
    assert prices.technician_usd_per_h == Priced(0.0, ("scenario",), ("prices.technician_usd_per_h",))
    assert prices.electricity == Tariff((0.25,) * 24, ("scenario",), keys=("prices.electricity_usd_per_kwh",))


def test_hourly_choice_is_kept_as_it_is(catalogue: Catalogue) -> None:
    hourly = tuple(float(hour) for hour in range(24))
    assert resolved(catalogue, electricity_usd_per_kwh=hourly).electricity.usd_per_kwh == hourly


def test_money_of_another_currency_is_changed_at_the_stated_rate(catalogue: Catalogue) -> None:
    euro = catalogue.pick("currencies", "eur").rate_usd.value
    chosen = {"equipment": {"dgx_h100": {"gpu_usd": 1000.0}}, "visit_usd": 100.0, "lifetime_years": 3.0}
    tariff = {"electricity_usd_per_kwh": 0.2, "carbon_usd_per_t": 70.0}
    prices = resolved(
        catalogue, currency="eur", pools={"main": {"by": "spot", "gpu_usd_per_h": 2.0}}, **chosen, **tariff
    )
    money = [prices.servers["dgx_h100"].gpu_usd, prices.visit_usd, prices.carbon_usd_per_t]
    assert [price.value / euro for price in money] == pytest.approx([1000.0, 100.0, 70.0])
    assert prices.electricity.usd_per_kwh == (0.2 * euro,) * 24
    assert prices.rents["main"].gpu_usd_per_h.value == 2.0 * euro
    assert prices.lifetime_years.value == 3.0
    assert prices.servers["dgx_h100"].cpu_usd.value == catalogue.pick("servers", "dgx_h100").cpu_usd.value


def test_rents_are_the_catalogues_unless_chosen(catalogue: Catalogue) -> None:
    rental = catalogue.pick("rentals", "h100_sxm")
    for by in ("on_demand", "reserved", "spot"):
        claim = getattr(rental, f"{by}_usd_per_h")
        found = resolved(catalogue, pools={"main": {"by": by}}).rents["main"]
        assert (found.gpu_usd_per_h.value, found.gpu_usd_per_h.sources) == (claim.value, (claim.source,))
        assert found.gpu_usd_per_h.keys == (f"facts.rentals.h100_sxm.{by}_usd_per_h",)
    assert resolved(catalogue, pools={"main": {"by": "owned"}}).rents == {}


def test_every_gpu_of_a_server_can_be_rented(catalogue: Catalogue) -> None:
    assert {server.gpu for server in catalogue.servers.values()} <= set(catalogue.rentals)
    for rental in catalogue.rentals.values():
        assert rental.spot_usd_per_h.value < rental.reserved_usd_per_h.value < rental.on_demand_usd_per_h.value


def test_unknown_names_are_the_users_error(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="dgx_h10"):
        resolved(catalogue, server="dgx_h10")
    with pytest.raises(CatalogueError, match="nobody"):
        resolved(catalogue, book="nobody")
    with pytest.raises(CatalogueError, match="dgx_h10"):
        resolved(catalogue, equipment={"dgx_h10": {}})
    with pytest.raises(CatalogueError, match=r"currencies\.usx: is not in the catalogue \(did you mean usd\?\)"):
        resolved(catalogue, currency="usx")


REGIONS = ("virginia", "germany", "shanghai", "singapore")
PRICED = (
    *("electricity_usd_per_kwh", "carbon_g_per_kwh", "technician_usd_per_h"),
    *("colocation_usd_per_kw_month", "facility_usd_per_w", "water_usd_per_m3"),
)


@pytest.mark.parametrize("name", REGIONS)
def test_four_regions_have_every_price_with_its_range(catalogue: Catalogue, name: str) -> None:
    site = catalogue.pick("sites", name)
    for field in PRICED:
        claim = getattr(site, field)
        assert claim.low < claim.value < claim.high, field
    for shape in (site.electricity_shape.value, site.carbon_shape.value):
        assert sum(shape) / 24 == pytest.approx(1.0, abs=2e-3)
    assert len(site.dry_bulb_c.value) == len(site.wet_bulb_c.value) == 12
    wet = zip(site.wet_bulb_c.value, site.dry_bulb_c.value, strict=True)
    assert all(low <= high + 1e-9 for row in wet for low, high in zip(*row, strict=True))


def test_virginias_price_is_lowest_at_night_and_highest_in_the_evening(catalogue: Catalogue) -> None:
    """The raw series has its trough at seven in the morning, for its stamps are too late."""
    shape = catalogue.pick("sites", "virginia").electricity_shape.value
    assert min(range(24), key=shape.__getitem__) in (1, 2, 3, 4)
    assert max(range(24), key=shape.__getitem__) in (16, 17, 18)
