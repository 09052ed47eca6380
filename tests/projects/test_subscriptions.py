"""New projects by e-mail: double opt-in, nothing told twice, ended with one click, forgotten in time (S09, S15)."""

import re
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import outbox, personal_data, subscriptions, workflow
from projects.models import Frequency, Letter, Project, Status, Subscription
from tests.factories import make_municipality, make_project, make_topic
from tests.projects.steps import at_once, bring

EMAIL = "leserin@example.org"
TODAY = date(2026, 11, 23)
ORDER = {"email": EMAIL, "frequency": "daily"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_turns_taken(db, time_machine):
    time_machine.move_to("2026-11-22 10:00Z")
    cache.clear()
    for slug in ("housing", "language"):
        make_topic(slug)
    with zeal_ignore():
        yield


def publish(**fields) -> Project:
    return bring(make_project(**fields), Status.PUBLISHED)


def order(query: str = "", client: Client | None = None, **fields):
    return (client or Client(enforce_csrf_checks=True)).post(f"/projekte/abo/?{query}", {**ORDER, **fields})


def link(purpose: str = "bestaetigen") -> str:
    """The path of the link in the last letter."""
    return re.search(rf"http://testserver(/abo/\S+/{purpose}/)", Letter.objects.latest("pk").body)[1]


def subscribed(query: str = "", frequency: str = "daily", email: str = EMAIL) -> Subscription:
    """A confirmed subscription."""
    subscriptions.ask(email, query, frequency)
    row = Subscription.objects.get(email=email, query=query)
    subscriptions.confirm(row)
    row.refresh_from_db()
    return row


def letters_about_projects() -> list[Letter]:
    return [letter for letter in Letter.objects.order_by("pk") if letter.unsubscribe_url]


def flat(response) -> str:
    return " ".join(response.content.decode().split())


# --- asking and confirming --------------------------------------------------------------------------------------------


def test_selection_is_ordered_confirmed_and_told():
    publish(title="Alt")
    response = order("topic=housing&sort=newest&page=2&view=map")
    assert (response.status_code, response.url) == (302, "/projekte/abo/?topic=housing&gesendet=1")
    assert "Bitte sehen Sie in Ihr Postfach" in flat(Client().get(response.url))
    row = Subscription.objects.get()
    assert (row.query, row.confirmed_at, row.sent_on) == ("topic=housing", None, None)
    letter = Letter.objects.get()
    assert letter.to == EMAIL
    assert "Auswahl: Wohnen" in letter.body
    page = Client().get(link())
    assert "Ja, schicken Sie mir Neues" in flat(page)
    assert Subscription.objects.filter(confirmed_at__isnull=True).exists()  # reading confirms nothing
    assert Client(enforce_csrf_checks=True).post(link()).status_code == 302
    assert "Ihr Abonnement läuft" in flat(Client().get(link()))
    new = publish(title="Neu")
    publish(title="Anderes Thema", topics=("language",))
    assert subscriptions.send_due(TODAY) == 1
    [told] = letters_about_projects()
    assert told.subject == "Neu im Mosaik: Neu"
    assert f"http://testserver{new.get_absolute_url()}" in told.body
    assert "http://testserver/projekte/?topic=housing" in told.body
    assert "Alt" not in told.body
    assert "Anderes Thema" not in told.body
    assert "{" not in told.body


def test_unconfirmed_address_gets_nothing():
    order()
    publish()
    assert subscriptions.send_due(TODAY) == 0
    assert not letters_about_projects()


def test_answer_is_the_same_whether_the_address_is_known_or_not():
    row = subscribed("topic=housing", "weekly")
    known = order("topic=housing", email=EMAIL.upper(), frequency="daily")
    unknown = order("topic=housing", email="neu@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert Client().get(known.url).content == Client().get(unknown.url).content
    row.refresh_from_db()
    assert row.frequency == "weekly"  # whoever typed the address may be somebody else
    [letter] = Letter.objects.filter(to=EMAIL, key__contains="subscription_known")
    assert "Es bleibt alles, wie es ist." in letter.body
    assert link_of(letter, "beenden")


def link_of(letter: Letter, purpose: str) -> str:
    return re.search(rf"http://testserver(/abo/\S+/{purpose}/)", letter.body)[1]


def test_asking_twice_on_one_day_writes_once_and_again_on_the_next(time_machine):
    order("q=Garten", frequency="weekly")
    order("q=Garten", frequency="daily")
    assert Letter.objects.count() == 1
    assert Subscription.objects.get().frequency == "daily"
    time_machine.move_to("2026-11-24 10:00Z")
    order("q=Garten")
    assert Letter.objects.count() == 2
    assert Subscription.objects.get().asked_at.date() == date(2026, 11, 24)


def test_link_that_is_too_late_begins_nothing(time_machine):
    order()
    path = link()
    time_machine.move_to("2026-11-25 11:00Z")
    assert Client().get(path).status_code == 410
    assert Client().post(path).status_code == 410
    assert not Subscription.objects.confirmed().exists()


def test_second_click_on_confirm_keeps_what_was_seen():
    order()
    path = link()
    Client().post(path)
    publish()
    Client().post(path)
    assert Subscription.objects.get().seen == 0


def test_mistakes_are_explained_and_what_was_typed_stays():
    html = flat(order("topic=housing", email="keine Adresse", frequency="stündlich"))
    assert "<title>Fehler: Neue Projekte per E-Mail" in html
    assert '<a href="#id_email">' in html
    assert "keine Adresse" in html
    assert not Subscription.objects.exists()


def test_endless_selection_is_refused_with_a_sentence():
    facets = ["kind", "size", "cost", "status", "money_level", "operator", "evidence", "obstacle_level", "topic"]
    query = "q=" + "ä" * 200 + "&" + "&".join(f"{facet}={value}" for facet in facets for value in all_values(facet))
    response = order(query)
    assert "So viele Filter auf einmal" in flat(response)
    assert not Subscription.objects.exists()


def all_values(facet: str) -> list[str]:
    return list(subscriptions.filter_of("").index.labels.choices[facet])


def test_trap_and_other_sites_are_refused():
    assert "Ein verstecktes Prüffeld war ausgefüllt." in flat(order(homepage="x"))
    assert order(client=Client(headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert not Subscription.objects.exists()


def test_one_address_gets_few_letters_from_however_many_visitors():
    statuses = [
        order(f"q=Wort{number}", Client(REMOTE_ADDR=f"192.0.2.{number}")).status_code
        for number in range(subscriptions.ASKED_PER_ADDRESS + 1)
    ]
    assert statuses == [302] * subscriptions.ASKED_PER_ADDRESS + [429]


def test_one_visitor_asks_for_few_addresses():
    statuses = [
        order(email=f"leser{number}@example.org").status_code for number in range(subscriptions.ASKED_PER_VISITOR + 1)
    ]
    assert statuses == [302] * subscriptions.ASKED_PER_VISITOR + [429]


def test_readers_get_no_cookie():
    order()
    for path in ("/projekte/abo/", "/projekte/abo/?gesendet=1", link(), link().replace("bestaetigen", "beenden")):
        response = Client().get(path)
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
    assert "noindex" in Client().get(link())["X-Robots-Tag"]


# --- sending ----------------------------------------------------------------------------------------------------------


def test_nothing_is_told_twice():
    subscribed()
    publish()
    assert [subscriptions.send_due(TODAY + timedelta(days=day)) for day in range(3)] == [1, 0, 0]
    publish()
    assert [subscriptions.send_due(TODAY + timedelta(days=day)) for day in (3, 3, 4)] == [1, 0, 0]
    assert len(letters_about_projects()) == 2


def test_daily_letter_waits_for_the_next_day_and_collects(time_machine):
    subscribed()
    publish()
    assert subscriptions.send_due(TODAY) == 1
    publish(title="Zweites")
    publish(title="Drittes")
    assert subscriptions.send_due(TODAY) == 0
    assert subscriptions.send_due(TODAY + timedelta(days=1)) == 1
    last = letters_about_projects()[-1]
    assert last.subject == "Neu im Mosaik: 2 Projekte"
    assert last.body.index("Drittes") < last.body.index("Zweites")  # the newest first


def test_weekly_letter_comes_a_week_after_the_one_before():
    subscribed(frequency="weekly")  # on 22 November
    publish()
    found = [day for day in range(1, 20) if subscriptions.send_due(date(2026, 11, 22) + timedelta(days=day))]
    assert found == [7]
    publish()
    assert subscriptions.send_due(date(2026, 12, 5)) == 0
    assert subscriptions.send_due(date(2026, 12, 6)) == 1


def test_what_was_withdrawn_before_the_letter_is_not_told():
    subscribed()
    gone = publish(title="Zurückgezogen")
    workflow.withdraw(gone, by=None, note="Auf Wunsch.")
    assert subscriptions.send_due(TODAY) == 0
    publish(title="Bleibt")
    assert subscriptions.send_due(TODAY) == 1
    assert "Zurückgezogen" not in letters_about_projects()[0].body


def test_search_text_and_distance_choose_as_in_the_list():
    lead = make_municipality(latitude=52.8, longitude=7.5)
    far = make_municipality(latitude=51.5, longitude=10.5)
    near = subscribed(f"near={lead.key}&km=30")
    searched = subscribed("q=Genossenschaft", email="andere@example.org")
    publish(lead=lead, title="Nahe Genossenschaft")
    publish(lead=far, title="Ferne Genossenschaft")
    publish(lead=lead, title="Nahes Café")
    assert subscriptions.send_due(TODAY) == 2
    told = {letter.to: letter.body for letter in letters_about_projects()}
    assert [word in told[near.email] for word in ("Nahe Gen", "Ferne", "Nahes")] == [True, False, True]
    assert [word in told[searched.email] for word in ("Nahe Gen", "Ferne", "Nahes")] == [True, True, False]


def test_selection_whose_value_is_gone_tells_nothing_rather_than_everything():
    row = subscribed("topic=housing")
    Subscription.objects.filter(pk=row.pk).update(query="topic=abgeschafft")
    publish()
    assert subscriptions.send_due(TODAY) == 0


def test_long_letter_names_the_rest():
    subscribed()
    lead = make_municipality()
    for _number in range(subscriptions.SHOWN + 3):
        publish(lead=lead)
    subscriptions.send_due(TODAY)
    [letter] = letters_about_projects()
    assert letter.body.count("/projekte/") == subscriptions.SHOWN + 1
    assert "3 weitere stehen in der Liste:" in letter.body
    assert Subscription.objects.get().seen == Project.objects.latest("publication_number").publication_number


@hypothesis_settings(
    derandomize=True, deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(["publish housing", "publish language", "send", "next day"]), max_size=12))
def test_every_new_project_is_told_exactly_once_in_any_order_of_events(steps):
    Subscription.objects.all().delete()
    Letter.objects.all().delete()
    subscribed("topic=housing")
    begun, day = Project.objects.count(), TODAY
    for step in steps:
        if step.startswith("publish"):
            publish(lead=Project.objects.first() and Project.objects.first().lead, topics=(step.split()[1],))
        elif step == "send":
            subscriptions.send_due(day)
        else:
            day += timedelta(days=1)
    subscriptions.send_due(day + timedelta(days=1))
    new = Project.objects.order_by("pk")[begun:]
    text = "\n".join(letter.body for letter in letters_about_projects())
    for project in new:
        wanted = project.topics.filter(slug="housing").count()
        assert len(re.findall(rf"/projekte/{project.pk}-", text)) == wanted


@pytest.mark.django_db(transaction=True)
def test_several_senders_at_once_tell_everything_once():
    for number in range(8):
        subscribed(email=f"leser{number}@example.org")
    publish()
    assert sum(at_once(4, lambda: subscriptions.send_due(TODAY))) == 8
    assert sorted(letter.to for letter in letters_about_projects()) == [f"leser{n}@example.org" for n in range(8)]


def test_sending_asks_the_database_a_fixed_number_of_times_for_each(django_assert_num_queries):
    lead = make_municipality()
    subscribed()
    for _number in range(3):
        publish(lead=lead)
    subscriptions.filter_of("")  # the process loads its copy of the facets once
    with django_assert_num_queries(11):
        assert subscriptions.send_due(TODAY) == 1
    with django_assert_num_queries(4):  # the version, and in a transaction of its own that nothing is due
        assert subscriptions.send_due(TODAY) == 0


def test_command_says_how_many():
    subscribed()
    publish()
    Subscription.objects.update(sent_on=F("sent_on") - timedelta(days=1))
    call_command("send_subscriptions")
    outbox.send_due()
    assert [letter.subject.startswith("Neu im Mosaik") for letter in mail.outbox] == [False, True]


# --- ending -----------------------------------------------------------------------------------------------------------


def test_mail_programs_end_it_with_one_click():
    """RFC 8058: a POST with this body to the address of the header, without cookie, token or question."""
    subscribed()
    publish()
    subscriptions.send_due(TODAY)
    outbox.send_due()
    message = mail.outbox[-1].message()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = urlsplit(message["List-Unsubscribe"].strip("<>")).path
    assert path in mail.outbox[-1].body
    client = Client(enforce_csrf_checks=True, headers={"User-Agent": "mail provider"})
    for _time in range(2):
        assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscription.objects.exists()
    assert not Letter.objects.filter(to=EMAIL).exists()
    assert client.get(path).status_code == 410


def test_other_letters_carry_no_such_header():
    order()
    outbox.send_due()
    assert mail.outbox[0].message()["List-Unsubscribe"] is None


def test_reading_the_page_ends_nothing():
    row = subscribed()
    path = urlsplit(subscriptions.links(row)["end"]).path
    html = flat(Client().get(path))
    assert "<h1>Abonnement beenden</h1>" in html
    assert EMAIL in html
    assert Subscription.objects.exists()
    assert "ist beendet" in flat(Client().post(path))
    assert not Subscription.objects.exists()


def test_ending_one_keeps_the_others():
    first, second = subscribed("topic=housing"), subscribed("topic=language")
    subscriptions.end(first.token)
    assert list(Subscription.objects.all()) == [second]
    assert Letter.objects.filter(key__startswith=f"subscription:{second.pk}:").exists()


def test_letter_that_waits_is_not_sent_after_the_end():
    row = subscribed()
    publish()
    subscriptions.send_due(TODAY)
    subscriptions.end(row.token)
    assert outbox.send_due() == 0


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_unconfirmed_orders_go_after_three_days_with_their_letters():
    order()
    subscribed("topic=housing", email="bleibt@example.org")
    Subscription.objects.update(asked_at=timezone.now() - timedelta(days=3, hours=1))
    call_command("delete_old_data")
    assert [row.email for row in Subscription.objects.all()] == ["bleibt@example.org"]
    assert not Letter.objects.filter(to=EMAIL).exists()


def test_letters_go_after_the_promised_days_and_nothing_is_told_again():
    subscribed()
    publish()
    subscriptions.send_due(TODAY)
    Letter.objects.update(created_at=timezone.now() - timedelta(days=Letter.SUBSCRIBED_DAYS + 1))
    call_command("delete_old_data")
    assert not Letter.objects.exists()
    assert subscriptions.send_due(TODAY + timedelta(days=1)) == 0
    assert f"{Letter.SUBSCRIBED_DAYS} Tage" in flat(Client().get("/datenschutz/"))


def test_nobody_at_the_desk_reads_what_somebody_subscribed_to(settings):
    settings.DEMO = False
    subscribed("topic=housing")
    assert all(letter.is_private for letter in Letter.objects.all())
    outbox.send_due()
    assert {letter.body for letter in Letter.objects.all()} == {""}


def test_person_gets_and_loses_their_subscriptions():
    subscribed("topic=housing")
    found = personal_data.export(EMAIL.upper())
    [row] = found["Abonnements"]
    assert row["Auswahl"] == "topic=housing"
    assert "/abo/" not in str(found)
    personal_data.erase(EMAIL)
    assert not Subscription.objects.exists()
    assert not Letter.objects.filter(to=EMAIL).exists()


def test_database_keeps_one_subscription_for_a_selection():
    assert Frequency.values == ["daily", "weekly"]
    order("topic=housing")
    order("topic=housing")
    assert Subscription.objects.count() == 1
