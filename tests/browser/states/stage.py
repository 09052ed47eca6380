"""Projects and people as full as they can be, for pages that have to hold them."""

from django.utils import timezone

from municipalities.models import Municipality, User
from projects import pictures
from projects.models import Contact, Financing, KeyFigure, Letter, Obstacle, ObstacleCategory, Project, Reference
from tests.factories import make_funding_source, make_project
from tests.projects import picture_zoo as zoo

LONG = "Integrationskoordinierungsstellenzuwendungsbescheid"
SENTENCE = f"Jeden Mittwoch sitzen im Pfarrhaus zwölf Menschen an vier Tischen, und niemand fragt nach dem {LONG}. "
STORY = ("initial_situation", "goals", "approach", "steps", "results", "lessons")


def full_project(lead: Municipality, title: str = "Nähstube im Pfarrhaus", **fields) -> Project:
    """Every field filled in, many rows of each kind, long words, two pictures and a paper."""
    values = {
        "summary": (SENTENCE * 4)[:600],
        **dict.fromkeys(STORY, SENTENCE * 6),
        "operator": f"Verein {LONG}",
        "partners": "Kirchengemeinde\nVolkshochschule",
        "cost_one_off": 12_000,
        "cost_yearly": 48_000,
        "volunteers": 40,
        "prerequisites": SENTENCE,
        "help_offered": SENTENCE,
        "contact": office(lead),
        **fields,
    }
    project = make_project(lead=lead, title=title, topics=("housing", "language", "health", "work"), **values)
    for number in range(1, 6):
        Reference.objects.create(
            project=project,
            number=number,
            publisher=f"Landkreis Musterkreis, {LONG}",
            url="https://example.org/bericht",
        )
    category = ObstacleCategory.objects.get_or_create(slug="law", defaults={"label": "Rechtliche Vorgaben"})[0]
    for number in range(5):
        source = make_funding_source(f"Stiftung {number} für {LONG}", "foundation")
        Financing.objects.create(
            project=project,
            position=number,
            source=source,
            level="foundation",
            amount=1000 + number,
            note=SENTENCE[:90],
        )
        KeyFigure.objects.create(
            project=project, name="Teilnehmende", unit="Menschen", value=12 + number,
            measured_on=f"20{10 + number}-12-31", measured_precision="year",
        )  # fmt: skip
        Obstacle.objects.create(project=project, position=number, category=category, level="state", text=SENTENCE)
    for content, alt in ((zoo.jpeg(1200, 800), "Zwei Frauen an einer Maschine"), (zoo.png(600, 900), "Das Pfarrhaus")):
        sizes = pictures.read_picture(zoo.upload(content))
        pictures.add_picture(project, sizes, alt=alt, credit=f"Stadt Musterhausen, {LONG}")
    pictures.add_paper(project, zoo.PDF, title=f"Konzept {LONG}")
    project.refresh_from_db()
    return project


def office(lead: Municipality) -> Contact:
    return Contact.objects.create(
        municipality=lead, function=f"Büro für {LONG}", organisation="Stadt Musterhausen", email="amt@example.org",
        phone="0511 0", public_level="all",
    )  # fmt: skip


def letters(count: int, person: User) -> None:
    """Sent, waiting and given up."""
    now = timezone.now()
    for number in range(count):
        Letter.objects.create(
            key=f"stage:{number}", to=person.email, subject=f"Eingegangen: {LONG} {number}", body=SENTENCE * 5,
            send_after=now, sent_at=now if number % 3 == 0 else None, given_up_at=now if number % 3 == 1 else None,
            attempts=number, last_error="421 Service not available" if number % 3 == 1 else "",
        )  # fmt: skip
