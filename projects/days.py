"""Days counted in years."""

from datetime import date


def years_later(day: date, years: int) -> date:
    """The same day so many years later, or earlier where negative; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
