"""Read-side documents to be searched, each with something the others do not have."""

from __future__ import annotations

from typing import Any

MS = 1_000_000
SECOND = 1_000 * MS
DAY = 86_400 * SECOND


def _document(level: str, *tags: str, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"ci_level": level, "tags": list(tags), "attributes": attributes}


def _job(status: str, name: str) -> dict[str, Any]:
    return {"status": status, "pipeline": {"name": "shop"}, "job": {"name": name}}


DOCUMENTS = {
    "shop": _document(
        "pipeline",
        "team:Backend",
        "source:pytest",
        duration=65 * SECOND,
        env="prod",
        ci={
            "status": "error",
            "is_manual": False,
            "pipeline": {"name": "shop", "number": 42},
            "parameters": ["BROWSER:firefox", "RETRIES:3"],
        },
        git={"branch": "main", "commit": {"message": "Fix the cart\n\nCloses 7"}},
    ),
    "nightly": _document(
        "pipeline",
        "team:frontend",
        "version:1.10",
        duration=8 * DAY,
        env="staging",
        ci={
            "status": "success",
            "is_manual": True,
            "pipeline": {"name": "Shop nightly", "number": 421},
            "parameters": ["BROWSER:chrome"],
        },
        git={"branch": "release/1.x"},
    ),
    "payments": _document(
        "pipeline",
        "team:backend",
        "version:1.9",
        duration=3 * DAY,
        env="Prod",
        ci={"status": "canceled", "pipeline": {"name": "payments-shop", "number": 7}},
        git={"branch": "feature/shop nightly"},
    ),
    "stage": _document(
        "stage",
        "Flaky-Suite",
        duration=20 * SECOND,
        env="prod",
        ci={"status": "error", "stage": {"name": "tests/test_cart.py"}, "parameters": []},
    ),
    "fast": _document(
        "job",
        "test.result:pass",
        "test.attempt:1",
        duration=2 * MS,
        env="prod",
        ci=_job("success", "tests/test_cart.py::test_total[EUR-1.5]"),
        retries=0,
        coverage=87.25,
    ),
    "failed": _document(
        "job",
        "test.result:fail",
        "test.attempt:2",
        duration=1_500 * MS,
        env="prod",
        ci=_job("error", "tests/test_cart.py::test_total[*]"),
        error={"type": "AssertionError", "message": "Hello, World!\nexpected 5 == 6"},
        retries=2,
    ),
    "slow": _document(
        "job",
        "test.result:skip",
        duration=0,
        ci=_job("skipped", "Test Login (slow)"),
        retries=-5,
        balance=-0.5,
    ),
    "unicode": _document(
        "job",
        duration=2 * MS + 1,
        ci=_job("success", "test_größe[naïve]"),
        error={"message": "ÄRGER mit hello_world"},
        retries="7",
    ),
    "special": _document(
        "job",
        duration=5 * SECOND,
        ci=_job("success", 'a+b=c "quoted" C:\\temp 100%_done'),
        retries="many",
        note="100% done",
    ),
    "operators": _document(
        "job",
        duration=1,
        ci=_job("success", "AND OR NOT TO"),
        note="-excluded",
    ),
    "address4": _document("step", client={"ip": "13.1.2.3"}, build="42"),
    "address6": _document("step", client={"ip": ["10.0.0.1", "2001:DB8::1"]}, build="042"),
    "mapped": _document("step", client={"ip": "::ffff:1.2.3.4"}, build="x42"),
    "lookalike": _document("step", client={"ip": "13.1.2.256"}, build=""),
    "bare": _document("custom"),
}
"""Documents by their ids."""
