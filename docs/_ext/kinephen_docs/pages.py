"""All generated pages."""

from __future__ import annotations

from kinephen_docs import api, catalogue, commands, evidence, filters, problems, schemas, settings, times


def all_pages() -> dict[str, str]:
    """Return {path below reference/generated: Markdown}."""
    return {
        "features.md": catalogue.features(),
        "ibsi-features.md": catalogue.ibsi_features(),
        "filters.md": filters.filters(),
        "maps.md": catalogue.maps(),
        "signatures.md": catalogue.signatures(),
        "phase-times.md": times.phase_times(),
        "settings.md": settings.settings(),
        "study-file.md": settings.study_file(),
        "steps.md": settings.steps(),
        "cli.md": commands.cli(),
        "errors.md": problems.error_codes(),
        "issues.md": problems.issue_codes(),
        "validation.md": evidence.validation(),
        **schemas.formats(),
        **api.api(),
    }
