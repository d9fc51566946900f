"""The catalogue keeps its promises: a source for every number, figures that agree with each other, refusals by line."""

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.catalogue import KINDS, Catalogue, claims, read_catalogue, with_facts
from sim.catalogue.parameter import Fact
from sim.catalogue.reading import FOLDER
from sim.catalogue.types import Model
from sim.core.errors import CatalogueError
from sim.plant.reliability.failure_model import CAUSES


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the package's files, to be spoilt."""
    for file in FOLDER.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def spoil(folder: Path, kind: str, old: str, new: str) -> None:
    file = folder / f"{kind}.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(folder: Path, kind: str, text: str) -> int:
    lines = (folder / f"{kind}.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def refusal(folder: Path, **what: object) -> tuple[str, ...]:
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(folder, **what)  # type: ignore[arg-type]
    return caught.value.problems


def all_claims(catalogue: Catalogue) -> dict[str, object]:
    return {
        f"{kind}.{name}.{field}": claim
        for kind in KINDS
        for name, entry in catalogue.entries(kind).items()
        for field, claim in claims(entry).items()
    }


def test_every_kind_has_entries_and_every_claim_a_source(catalogue: Catalogue) -> None:
    assert all(catalogue.entries(kind) for kind in KINDS)
    assert {claim.source for claim in all_claims(catalogue).values()} <= set(catalogue.sources)


def test_every_source_is_used(catalogue: Catalogue) -> None:
    assert set(catalogue.sources) == {claim.source for claim in all_claims(catalogue).values()}


def test_an_assumption_is_never_told_as_read(catalogue: Catalogue) -> None:
    wrong = {
        path
        for path, claim in all_claims(catalogue).items()
        if catalogue.sources[claim.source].kind == "assumption" and claim.known not in ("assumption", "unverified")
    }
    assert wrong == set()


def test_no_source_names_our_own_files(catalogue: Catalogue) -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.yaml"))
    assert not any(word in text for word in ("facts.md", "/work", "shared/", "brief.md"))


UNGATED = (50257, 250880, 50400)
"""Vocabularies of the models whose feed-forward layers have no gate."""


def params(model: Model, experts: float) -> float:
    """Weights of a transformer from its shape, with so many experts a layer; biases, norms and routers left out."""
    hidden, inner = model.hidden.value, model.heads.value * model.head_dim.value
    attention = 2 * hidden * inner + 2 * hidden * model.kv_heads.value * model.head_dim.value
    matrices = 2 if model.vocabulary.value in UNGATED else 3
    dense = model.dense_layers.value if model.dense_layers else 0 if model.experts else model.layers.value
    shared = model.shared_experts.value if model.shared_experts else 0
    expert = matrices * hidden * model.expert_ffn.value if model.expert_ffn else 0
    feed_forward = dense * matrices * hidden * model.ffn.value + (model.layers.value - dense) * expert * (
        experts + shared
    )
    tables = 1 if model.tied_embeddings and model.tied_embeddings.value else 2
    return model.layers.value * attention + feed_forward + tables * model.vocabulary.value * hidden


MODELS = read_catalogue(kinds=["models"]).models
PLAIN = sorted(name for name, m in MODELS.items() if not m.kv_lora_rank and not m.state_values_per_request)
"""Models whose layers all have common attention."""


@pytest.mark.parametrize("name", PLAIN)
def test_parameters_follow_from_the_shape(catalogue: Catalogue, name: str) -> None:
    model = catalogue.models[name]
    experts = model.experts.value if model.experts else 1
    active = model.active_experts.value if model.active_experts else 1
    assert model.params.value == pytest.approx(params(model, experts), rel=0.015)
    assert model.active_params.value == pytest.approx(params(model, active), rel=0.015)


NAMED = {"deepseek_v2": 236e9, "deepseek_v3": 671e9, "kimi_k2": 1.03e12, "glm_5": 744e9, "qwen3_5_397b_a17b": 397e9}


@pytest.mark.parametrize("name", NAMED)
def test_other_models_have_the_weights_of_their_names(catalogue: Catalogue, name: str) -> None:
    assert catalogue.models[name].params.value == pytest.approx(NAMED[name], rel=0.01)


def test_parameters_of_deepseek_are_mostly_experts(catalogue: Catalogue) -> None:
    model = catalogue.models["deepseek_v3"]
    expert = 3 * model.hidden.value * model.expert_ffn.value * (model.layers.value - model.dense_layers.value)
    assert 0.97 < (model.experts.value + model.shared_experts.value) * expert / model.params.value < 1


def test_kv_values_follow_from_the_shape(catalogue: Catalogue) -> None:
    for model in catalogue.models.values():
        a_layer = 2 * model.kv_heads.value * model.head_dim.value
        if model.kv_lora_rank:
            a_layer = model.kv_lora_rank.value + model.rope_head_dim.value
        recurrent = model.state_values_per_request is not None
        layers = model.attention_layers.value if recurrent else model.layers.value
        assert model.kv_values_per_token.value == layers * a_layer


# Price of the box (GPUs, CPUs, the rest), without storage and cluster network, USD.
BOXES = {"dgx_a100": (199_000, 200_000), "dgx_h100": (199_000, 350_000), "dgx_b200": (500_000, 530_000)}


@pytest.mark.parametrize("name", BOXES)
def test_server_prices_add_up_to_published_ones(catalogue: Catalogue, name: str) -> None:
    server, (low, high) = catalogue.servers[name], BOXES[name]
    parts = server.gpus.value * server.gpu_usd.value + server.cpus.value * server.cpu_usd.value
    box = server.server_usd.value + server.memory_usd.value + parts
    assert low <= box <= high


def test_servers_draw_power_in_a_plausible_order(catalogue: Catalogue) -> None:
    for server in catalogue.servers.values():
        gpu = catalogue.gpus[server.gpu]
        idle = server.host_idle_w.value + server.gpus.value * gpu.idle_w.value
        busy = server.host_busy_w.value + server.gpus.value * gpu.tdp_w.value
        assert gpu.bare_idle_w.value < gpu.idle_w.value < gpu.tdp_w.value
        assert idle < busy < server.nameplate_w.value


def test_measured_wall_power_is_reproduced(catalogue: Catalogue) -> None:
    """MLPerf: 2.41-2.68 kW idle on eight H200, 2.9-3.1 kW on eight B200, 10.4 kW busy on eight B200."""
    h200, b200 = catalogue.servers["hgx_h200"], catalogue.servers["dgx_b200"]
    assert 2410 <= h200.host_idle_w.value + 8 * catalogue.gpus["h200_sxm"].idle_w.value <= 2680
    assert 2900 <= b200.host_idle_w.value + 8 * catalogue.gpus["b200_sxm"].idle_w.value <= 3100
    assert b200.host_busy_w.value + 8 * 970 == pytest.approx(10_400, rel=0.02)


def test_causes_of_failure_add_up(catalogue: Catalogue) -> None:
    for hazard in catalogue.hazards.values():
        shares = [getattr(hazard, f"{cause}_fraction").value for cause in CAUSES]
        assert sum(shares) == pytest.approx(1, abs=1e-9)


def test_length_tables_are_quantile_functions(catalogue: Catalogue) -> None:
    for lengths in catalogue.lengths.values():
        probability = lengths.probability.value
        assert (probability[0], probability[-1]) == (0, 1)
        assert all(a < b for a, b in pairwise(probability))
        for tokens in (lengths.prompt_tokens.value, lengths.output_tokens.value):
            assert len(tokens) == len(probability)
            assert tokens[0] >= 1
            assert all(a <= b for a, b in pairwise(tokens))


def mean(probability: tuple[float, ...], tokens: tuple[float, ...]) -> float:
    return sum((p - o) * (t + s) / 2 for (o, p), (s, t) in zip(pairwise(probability), pairwise(tokens), strict=True))


@pytest.mark.parametrize(
    ("name", "prompt", "output"),
    [("azure_conv_2023", 1154.7, 211.1), ("azure_code_2023", 2047.8, 27.9), ("servegen_m_mid", 306.7, 50.8),
     ("servegen_m_large", 914.3, 155.1), ("servegen_deepseek_r1", 1268.3, 1527.4), ("semianalysis_2023", 1650, 350)],
)  # fmt: skip
def test_length_tables_keep_the_mean(catalogue: Catalogue, name: str, prompt: float, output: float) -> None:
    lengths = catalogue.lengths[name]
    assert mean(lengths.probability.value, lengths.prompt_tokens.value) == pytest.approx(prompt, rel=0.03)
    assert mean(lengths.probability.value, lengths.output_tokens.value) == pytest.approx(output, rel=0.03)


def test_the_2023_chat_fits_the_context_of_gpt_3(catalogue: Catalogue) -> None:
    lengths = catalogue.lengths["semianalysis_2023"]
    assert lengths.prompt_tokens.value[-1] + lengths.output_tokens.value[-1] <= 2048


def test_site_tables_are_twelve_months_by_24_hours(catalogue: Catalogue) -> None:
    for site in catalogue.sites.values():
        for table in (site.dry_bulb_c, site.wet_bulb_c):
            assert [len(row) for row in table.value] == [24] * 12
        dry = [t for row in site.dry_bulb_c.value for t in row]
        wet = [t for row in site.wet_bulb_c.value for t in row]
        assert all(w <= d for w, d in zip(wet, dry, strict=True))
        assert sum(site.electricity_shape.value) / 24 == pytest.approx(1, abs=1e-3)
        assert site.electricity_usd_per_kwh.low <= site.electricity_usd_per_kwh.value


def test_afternoons_are_warmer_than_nights_by_local_time(catalogue: Catalogue) -> None:
    for site in catalogue.sites.values():
        for row in site.dry_bulb_c.value:
            assert 12 <= row.index(max(row)) <= 17


def test_articles_numbers(catalogue: Catalogue) -> None:
    found = {name: claim.value for name, claim in claims(catalogue.article["article"]).items()}
    prices = {"server_usd": 5000, "cpu_usd": 2000, "storage_usd": 1000, "gpu_usd": 1000}
    assert found == prices | {"server_w": 300, "gpu_w": 150, "cpu_w": 50, "cooler_w": 100}


def test_a_number_without_a_source_is_refused_by_line(folder: Path) -> None:
    spoil(folder, "gpus", "  source: aiconfigurator_systems\n", "")
    file, problems = folder / "gpus.yaml", refusal(folder)
    line = line_of(folder, "gpus", "tdp_w: 400")
    assert f"{file}:{line}:3: a100_sxm_80gb.tdp_w: claims a number without a source" in problems
    assert all("idle_w" not in problem for problem in problems), "those name their own"


def test_an_unknown_source_is_told_with_the_nearest(folder: Path) -> None:
    spoil(folder, "gpus", "source: raps_selene", "source: raps_selen")
    line = line_of(folder, "gpus", "raps_selen,")
    (problem,) = refusal(folder)
    assert problem.startswith(f"{folder / 'gpus.yaml'}:{line}:")
    assert "'raps_selen', which is not in sources.yaml (did you mean raps_selene?)" in problem


def test_an_unknown_key_is_refused_on_both_levels(folder: Path) -> None:
    spoil(folder, "gpus", "  tdp_w: 700", "  tdp_ww: 700")
    spoil(folder, "gpus", "idle_w: {value: 88, low", "idle_w: {value: 88, lowest")
    problems = refusal(folder)
    line = line_of(folder, "gpus", "tdp_ww")
    assert f"{folder / 'gpus.yaml'}:{line}:3: h100_sxm.tdp_ww: unknown key (did you mean tdp_w?)" in problems
    assert any("a100_sxm_80gb.idle_w.lowest: unknown key (did you mean low?)" in problem for problem in problems)
    assert any("h100_sxm.tdp_w: is missing" in problem for problem in problems)


def test_a_server_must_name_a_gpu_of_the_catalogue(folder: Path) -> None:
    spoil(folder, "servers", "gpu: h100_sxm", "gpu: h100_smx")
    (problem,) = refusal(folder)
    assert "names 'h100_smx', which is not in gpus.yaml (did you mean h100_sxm?)" in problem
    assert f"servers.yaml:{line_of(folder, 'servers', 'h100_smx')}:" in problem


def test_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    spoil(folder, "gpus", "tdp_w: 400", "tdp_w: hot")
    spoil(folder, "models", "layers: 96", "layers: {value: 96, low: 97}")
    spoil(folder, "lengths", "    0 0.001 ", "    0 zero ")
    (folder / "hazards.yaml").write_text("llama_3: {title: [}", encoding="utf-8")
    (folder / "article.yaml").write_text("article: 5000", encoding="utf-8")
    (folder / "cooling.yaml").unlink()
    problems = "\n".join(refusal(folder))
    assert "a100_sxm_80gb.tdp_w: must be a number, not 'hot'" in problems
    assert "low <= value <= high does not hold" in problems
    assert "azure_conv_2023.probability: must be a number, not 'zero'" in problems
    assert "hazards.yaml:1:" in problems
    assert "article.yaml:1:1: article: must be a mapping" in problems
    assert "cooling.yaml: cannot be read" in problems


def test_the_scenarios_name_is_reserved_among_sources(folder: Path) -> None:
    spoil(folder, "sources", "raps_selene: {", "scenario: {title: x, kind: market, where: x, date: x}\nraps_selene: {")
    assert any("scenario: is the name of what scenarios choose" in problem for problem in refusal(folder))


def test_some_kinds_alone() -> None:
    catalogue = read_catalogue(kinds=["gpus"])
    assert catalogue.gpus
    assert not catalogue.sites
    with pytest.raises(CatalogueError, match="gpu: is not a kind of the catalogue"):
        read_catalogue(kinds=["gpu"])


def test_pick_suggests_the_nearest_name(catalogue: Catalogue) -> None:
    assert catalogue.pick("gpus", "h100_sxm") is catalogue.gpus["h100_sxm"]
    with pytest.raises(CatalogueError, match=r"gpus\.h100_smx: is not in the catalogue \(did you mean h100_sxm\?\)"):
        catalogue.pick("gpus", "h100_smx")
    with pytest.raises(CatalogueError, match=r"gpu: is not a kind of the catalogue \(did you mean gpus\?\)"):
        catalogue.pick("gpu", "h100_sxm")


def test_with_facts_replaces_one_number_and_says_who_chose_it(catalogue: Catalogue) -> None:
    changed = with_facts(catalogue, {"gpus": {"h100_sxm": {"idle_w": 60}}})
    assert changed.gpus["h100_sxm"].idle_w == Fact(value=60, source="scenario", known="assumption")
    assert changed.sources["scenario"].title == "Chosen in the scenario"
    assert changed.gpus["h100_sxm"].tdp_w == catalogue.gpus["h100_sxm"].tdp_w
    assert changed.gpus["l40s"] is catalogue.gpus["l40s"]
    assert catalogue.gpus["h100_sxm"].idle_w.value == 121.6
    assert "scenario" not in catalogue.sources


def test_with_facts_gives_a_claim_that_was_not_made_and_whole_series(catalogue: Catalogue) -> None:
    chosen = {"gpus": {"a100_sxm_80gb": {"fp8_flops_per_s": 1e12}}, "shapes": {"flat": {"weight": [1, 3]}}}
    changed = with_facts(catalogue, chosen)
    assert changed.gpus["a100_sxm_80gb"].fp8_flops_per_s.value == 1e12
    assert changed.shapes["flat"].weight.value == (1, 3)
    assert with_facts(catalogue, {}) is catalogue


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("gpus.h100_sxm.tdp_w", 1e19, "must be zero or lie between 7.2e-05 and 1.4e+09, not 1e+19"),
        ("gpus.a100_sxm_80gb.fp8_flops_per_s", 1e30, "must be zero or lie between "),
        ("prices.owner_default.lifetime_years", 1e-300, "must be zero or lie between 3e-06 and 5.5e+06, not 1e-300"),
        ("sites.virginia.electricity_shape", [1e9] * 24, "must be zero or lie between "),
        ("sites.virginia.electricity_shape", [1.0], "must have 24 numbers, not 1"),
        ("sites.virginia.electricity_shape", 1.0, "must be a list, not 1.0"),
        ("sites.virginia.dry_bulb_c", [[20.0]], "must have 12 rows, not 1"),
        ("sites.virginia.dry_bulb_c", [[900.0] * 24] * 12, "is no temperature of a hall or its weather"),
        (
            "models.llama_3_1_70b.hidden",
            1e9,
            "its params, 7.05537e+10, are no more than its embedding has, 1.28256e+14",
        ),
        ("cooling.chiller_tower.rejection_approach_k", 400.0, "must be at most 250 K, not 400"),
        ("efficiencies.serving_2026.roofline_order", 0.01, "must lie between 0.1 and 100, not 0.01"),
        ("chillers.energyplus_water.power_curve", [0.1, -1.0, 0.0], "power at any capacity must be above zero"),
        ("chillers.energyplus_water.part_load_curve", [-1.0, 1.0, 1.0], "power at part load must not be negative"),
    ],
)
def test_a_fact_of_absurd_size_or_form_is_refused_by_path(
    catalogue: Catalogue, path: str, value: Any, told: str
) -> None:
    kind, name, field = path.split(".")
    with pytest.raises(CatalogueError) as error:
        with_facts(catalogue, {kind: {name: {field: value}}})
    assert str(error.value).startswith(path.rpartition(".")[0])
    assert told in str(error.value)


def test_with_facts_tells_all_unknown_paths(catalogue: Catalogue) -> None:
    wrong = {
        "gpu": {"h100_sxm": {"idle_w": 1}},
        "gpus": {"h100": {"idle_w": 1}, "h100_sxm": {"idle_ww": 1, "title": 2}, "l40s": {"idle_w": "much"}},
    }
    with pytest.raises(CatalogueError) as caught:
        with_facts(catalogue, wrong)
    told = "\n".join(caught.value.problems)
    assert "gpu: is not a kind of the catalogue (did you mean gpus?)" in told
    assert "gpus.h100: is not in the catalogue (did you mean h100_sxm?)" in told
    assert "gpus.h100_sxm.idle_ww: is unknown (did you mean idle_w?)" in told
    assert "gpus.h100_sxm.title: is unknown" in told
    assert "gpus.l40s.idle_w: " in told
