"""The official register of municipal bodies, and the people who act for them; knows nothing of projects."""

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Replace
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

# Umlauts sort as their base letters (DIN 5007-1); done in SQL because the database may have no ICU collation.
_FOLD_FROM = "ÄÖÜäöüÁÀÂÉÈÊÍÎÓÔÚÛáàâéèêíîóôúûçÇ"
_FOLD_TO = "AOUaouAAAEEEIIOOUUaaaeeeiioouucC"


def german_sort_key(source: str) -> models.GeneratedField:
    """Stored column that brings the texts in column `source` into German dictionary order under the collation "C"."""
    folded = models.Func(F(source), models.Value(_FOLD_FROM), models.Value(_FOLD_TO), function="translate")
    return models.GeneratedField(
        expression=Lower(Replace(folded, models.Value("ß"), models.Value("ss"))),
        output_field=models.CharField(max_length=200, db_collation="C"),
        db_persist=True,
    )


_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


def german_slug(text: str) -> str:
    """Address part of a German name: umlauts are written out („Sögel“ → „soegel“)."""
    return slugify(text.translate(_WRITTEN_OUT))


def title_slug(title: str, otherwise: str) -> str:
    """Address part of a title, at most 80 letters; `otherwise` where nothing of it can stand in an address."""
    return german_slug(title)[:80].strip("-") or otherwise


class UserManager(BaseUserManager):
    """Creates accounts by mail address; there are no user names."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractUser):
    """A person with an account: municipal staff, moderator or administrator."""

    username = None
    email = models.EmailField(
        _("E-Mail-Adresse"), unique=True, error_messages={"unique": _("Diese E-Mail-Adresse wird schon verwendet.")}
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("Person")
        verbose_name_plural = _("Personen")
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message=_("Die E-Mail-Adresse wird in Kleinbuchstaben gespeichert."),
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email


class Kind(models.TextChoices):
    COUNTY = "county", _("Landkreis")
    REGION = "region", _("Region")
    INDEPENDENT_CITY = "independent_city", _("Kreisfreie Stadt")
    INTEGRATED_MUNICIPALITY = "integrated_municipality", _("Einheitsgemeinde")
    JOINT_MUNICIPALITY = "joint_municipality", _("Samtgemeinde")
    MEMBER_MUNICIPALITY = "member_municipality", _("Mitgliedsgemeinde")
    UNINCORPORATED_AREA = "unincorporated_area", _("Gemeindefreies Gebiet")


COUNTY_LEVEL = (Kind.COUNTY, Kind.REGION, Kind.INDEPENDENT_CITY)


class CoordinateSource(models.TextChoices):
    GV_MIDPOINT = "gv_midpoint", _("Mittelpunkt laut Gemeindeverzeichnis")
    POLYGON_CENTROID = "polygon_centroid", _("Schwerpunkt der Fläche")
    POLYGON_INNER_POINT = "polygon_inner_point", _("Punkt innerhalb der Fläche")


class MunicipalityQuerySet(models.QuerySet):
    def existing(self):
        """Bodies that exist today; merged ones stay as rows so that old links and projects survive."""
        return self.filter(closed_on__isnull=True)

    def county_level(self):
        """The 45 bodies of the tile map: Landkreise, Region Hannover, kreisfreie Städte."""
        return self.filter(kind__in=COUNTY_LEVEL)

    def matching(self, *spellings: str):
        """Bodies that one of the spellings of a search text fits: every word of it begins the key or the postal code,
        or is part of the name or designation."""
        found = Q(pk__in=[])
        for spelling in spellings:
            every_word = Q()
            for word in spelling.lower().split():
                every_word &= (
                    Q(sort_key__contains=word)
                    | Q(display_name__icontains=word)
                    | Q(key__startswith=word)
                    | Q(postal_code__startswith=word)
                )
            found |= every_word
        return self.filter(found)

    def called(self, names):
        """Existing bodies by each of these names or keys (case folded), as a dictionary of lists.

        A town often shares its name with its Samtgemeinde or its county; then the town is meant.
        """
        wanted = {name.casefold() for name in names}
        lowered = self.existing().annotate(low_name=Lower("name"), low_display=Lower("display_name"))
        rows = lowered.filter(Q(low_name__in=wanted) | Q(low_display__in=wanted) | Q(key__in=wanted))
        found: dict[str, list] = {}
        for body in rows:
            for name in {body.name.casefold(), body.display_name.casefold(), body.key} & wanted:
                found.setdefault(name, []).append(body)
        for name, bodies in found.items():
            exact = [body for body in bodies if name in (body.display_name.casefold(), body.key)]
            longest = max(len(body.key) for body in bodies)
            found[name] = exact or [body for body in bodies if len(body.key) == longest]
        return found

    def for_page(self):
        """Everything above and about a body that its page shows."""
        return self.select_related("parent", "county", "successor").prefetch_related("figures")

    def inheriting_members_of(self, body):
        """Bodies in which members of a closed Samtgemeinde ended; it may have gone into several without a successor."""
        return self.filter(predecessors__parent=body).distinct()

    def with_projects_possible(self):
        """Bodies that can lead a project; areas without a municipality cannot."""
        return self.existing().exclude(kind=Kind.UNINCORPORATED_AREA)

    def acted_for_by(self, user):
        """Bodies that this person may act for: those of granted memberships, and where it was granted with that, the
        members of a Samtgemeinde. Never the members of a county.
        """
        if not user.is_active:
            return self.none()
        granted = Membership.objects.granted().filter(user=user)
        joint = granted.filter(includes_members=True, municipality__kind=Kind.JOINT_MUNICIPALITY)
        return self.filter(Q(pk__in=granted.values("municipality")) | Q(parent__in=joint.values("municipality")))


class Municipality(models.Model):
    """A municipal body of Lower Saxony as the official register (GV-ISys) has it.

    `key` is the significant part of the Amtlicher Regionalschlüssel: 5 digits at county level, 9 for a Samtgemeinde,
    12 for a municipality. Areas are in km², coordinates in degrees (WGS 84).
    """

    key = models.CharField(_("Schlüssel"), max_length=12, unique=True)
    ars = models.CharField(_("Regionalschlüssel"), max_length=12, unique=True)
    ags = models.CharField(_("Amtlicher Gemeindeschlüssel"), max_length=8, blank=True)
    kind = models.CharField(_("Art der Kommune"), max_length=30, choices=Kind)
    name = models.CharField(_("Name"), max_length=120)
    sort_key = german_sort_key("name")
    display_name = models.CharField(_("Name mit Bezeichnung"), max_length=160)
    official_name = models.CharField(_("Amtlicher Name"), max_length=160)
    designation = models.CharField(_("Bezeichnung"), max_length=60)
    is_town = models.BooleanField(_("Stadt"), default=False)
    legal_status = models.CharField(_("Rechtsstellung"), max_length=60, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Gehört zu")
    )
    county = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bodies_of_county",
        verbose_name=_("Landkreis, Region oder kreisfreie Stadt"),
        help_text=_("Leer bei den 45 Körperschaften der Kreisebene selbst."),
    )
    seat = models.CharField(_("Verwaltungssitz"), max_length=80, blank=True)
    postal_code = models.CharField(_("Postleitzahl der Verwaltung"), max_length=5, blank=True)
    has_more_postal_codes = models.BooleanField(_("Weitere Postleitzahlen"), default=False)
    population = models.PositiveIntegerField(_("Einwohnerzahl"), null=True, blank=True)
    population_date = models.DateField(_("Stand der Einwohnerzahl"), null=True, blank=True)
    area_km2 = models.DecimalField(_("Fläche in km²"), max_digits=8, decimal_places=2, null=True, blank=True)
    latitude = models.DecimalField(_("Breitengrad"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("Längengrad"), max_digits=9, decimal_places=6, null=True, blank=True)
    coordinate_source = models.CharField(_("Herkunft des Punktes"), max_length=30, choices=CoordinateSource, blank=True)
    nuts3 = models.CharField("NUTS 3", max_length=5, blank=True)
    degree_of_urbanisation = models.PositiveSmallIntegerField(
        _("Verstädterungsgrad"),
        null=True,
        blank=True,
        choices=[(1, _("dicht besiedelt")), (2, _("mittlere Besiedlungsdichte")), (3, _("gering besiedelt"))],
    )
    regional_type = models.PositiveSmallIntegerField(
        _("Regionaltyp (RegioStaR 7)"),
        null=True,
        blank=True,
        choices=[
            (71, _("Metropole in einer Stadtregion")),
            (72, _("Regiopole oder Großstadt in einer Stadtregion")),
            (73, _("Mittelstadt, städtischer Raum in einer Stadtregion")),
            (74, _("Kleinstädtischer, dörflicher Raum in einer Stadtregion")),
            (75, _("Zentrale Stadt in einer ländlichen Region")),
            (76, _("Mittelstadt, städtischer Raum in einer ländlichen Region")),
            (77, _("Kleinstädtischer, dörflicher Raum in einer ländlichen Region")),
        ],
    )
    abbreviation = models.CharField(_("Kürzel auf der Mosaikkarte"), max_length=3, blank=True)
    tile_column = models.PositiveSmallIntegerField(_("Spalte auf der Mosaikkarte"), null=True, blank=True)
    tile_row = models.PositiveSmallIntegerField(_("Zeile auf der Mosaikkarte"), null=True, blank=True)
    keys_date = models.DateField(_("Stand der Schlüssel"))
    remark = models.TextField(_("Anmerkung"), blank=True)
    closed_on = models.DateField(_("Aufgelöst am"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors", verbose_name=_("Nachfolgerin")
    )

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        verbose_name = _("Kommune")
        verbose_name_plural = _("Kommunen")
        ordering = ["sort_key", "key"]
        indexes = [models.Index(fields=["kind", "sort_key"], name="municipality_kind_sort")]
        constraints = [
            models.CheckConstraint(
                name="municipality_kind_known",
                condition=Q(kind__in=Kind.values),
                violation_error_message=_("Diese Art der Kommune gibt es nicht."),
            ),
            models.CheckConstraint(
                name="municipality_key_of_ars",
                condition=Q(key__regex=r"^03[0-9]{3}([0-9]{4}([0-9]{3})?)?$")
                & Q(ars__regex=r"^03[0-9]{10}$")
                & Q(ars__startswith=F("key")),
                violation_error_message=_("Der Schlüssel ist der Anfang des zwölfstelligen Regionalschlüssels."),
            ),
            models.CheckConstraint(
                name="municipality_county_only_below_county_level",
                condition=Q(kind__in=COUNTY_LEVEL, county__isnull=True, parent__isnull=True)
                | (~Q(kind__in=COUNTY_LEVEL) & Q(county__isnull=False, parent__isnull=False)),
                violation_error_message=_("Unterhalb der Kreisebene gehört jede Kommune zu einem Kreis."),
            ),
            models.CheckConstraint(
                name="municipality_tile_complete",
                condition=Q(tile_column__isnull=True, tile_row__isnull=True, abbreviation="")
                | (Q(tile_column__isnull=False, tile_row__isnull=False) & ~Q(abbreviation="")),
                violation_error_message=_("Eine Kachel braucht Spalte, Zeile und Kürzel."),
            ),
            models.UniqueConstraint(fields=["tile_column", "tile_row"], name="municipality_tile_unique"),
            models.CheckConstraint(
                name="municipality_successor_only_when_closed",
                condition=Q(successor__isnull=True) | (Q(closed_on__isnull=False) & ~Q(successor=F("pk"))),
                violation_error_message=_("Eine Nachfolgerin hat nur eine aufgelöste Kommune."),
            ),
            models.CheckConstraint(
                name="municipality_population_dated",
                condition=Q(population__isnull=True) | Q(population_date__isnull=False),
                violation_error_message=_("Zur Einwohnerzahl gehört ihr Stand."),
            ),
            models.CheckConstraint(
                name="municipality_area_not_negative",
                condition=Q(area_km2__isnull=True) | Q(area_km2__gte=0),
                violation_error_message=_("Eine Fläche ist nicht negativ."),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_absolute_url(self) -> str:
        return reverse("projects:municipality", args=[self.key, self.slug])

    @property
    def slug(self) -> str:
        return german_slug(self.display_name)

    @property
    def is_county_level(self) -> bool:
        return self.kind in COUNTY_LEVEL

    @property
    def county_or_self(self) -> "Municipality":
        return self if self.is_county_level else self.county

    @cached_property
    def density(self) -> float | None:
        """Inhabitants per km²; None where one of the two is unknown or the area is zero."""
        return self.population / float(self.area_km2) if self.population is not None and self.area_km2 else None


class Figure(models.Model):
    """One statistical figure of one body for one year; what it means is described in `indicators.py`."""

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="figures", verbose_name=_("Kommune"))
    indicator = models.CharField(_("Kennzahl"), max_length=40)
    year = models.PositiveSmallIntegerField(_("Jahr"))
    value = models.DecimalField(_("Wert"), max_digits=14, decimal_places=5)

    class Meta:
        verbose_name = _("Statistische Kennzahl")
        verbose_name_plural = _("Statistische Kennzahlen")
        ordering = ["municipality", "indicator", "-year"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "indicator", "year"], name="figure_once_a_year"),
            models.CheckConstraint(
                name="figure_not_negative",
                condition=Q(value__gte=0),
                violation_error_message=_("Keine dieser Kennzahlen kann negativ sein."),
            ),
            models.CheckConstraint(
                name="figure_year_plausible",
                condition=Q(year__gte=1990, year__lte=2100),
                violation_error_message=_("Das Jahr ist nicht plausibel."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality} · {self.indicator} {self.year}"


class Host(models.TextChoices):
    """Who runs the mosaic together: the three municipal umbrella associations and the refugee council."""

    NST = "nst", _("Niedersächsischer Städtetag")
    NLT = "nlt", _("Niedersächsischer Landkreistag")
    NSGB = "nsgb", _("Niedersächsischer Städte- und Gemeindebund")
    REFUGEE_COUNCIL = "refugee_council", _("Flüchtlingsrat Niedersachsen")


class Role(models.TextChoices):
    MEMBER = "member", _("Mitglied: reicht Projekte ein und bearbeitet sie")
    COORDINATOR = "coordinator", _("Koordination: betreut auch die Personen der Kommune")
    MODERATOR = "moderator", _("Moderation: gibt Projekte frei")


class MembershipState(models.TextChoices):
    ASKED = "asked", _("angefragt")
    GRANTED = "granted", _("bestätigt")
    DECLINED = "declined", _("abgelehnt")
    ENDED = "ended", _("beendet")


class MembershipQuerySet(models.QuerySet):
    def granted(self):
        return self.filter(state=MembershipState.GRANTED, user__is_active=True)

    def open(self):
        """Asked for or granted: of these there is at most one for a person and a body."""
        return self.filter(state__in=(MembershipState.ASKED, MembershipState.GRANTED))


class Membership(models.Model):
    """A person acts, or asks to act, for one municipality or for one host. people.py is the only writer of `state`."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("Person"))
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name=_("Kommune")
    )
    host = models.CharField(_("Verband"), max_length=20, choices=Host, blank=True)
    role = models.CharField(_("Rolle"), max_length=20, choices=Role, default=Role.MEMBER)
    organisation = models.CharField(
        _("Organisation"), max_length=160, blank=True, help_text=_("Nur wenn Sie für einen Verein oder Träger handeln.")
    )
    includes_members = models.BooleanField(
        _("Auch für die Mitgliedsgemeinden"),
        default=False,
        help_text=_("Nur bei Samtgemeinden und nur mit deren Einverständnis."),
    )
    state = models.CharField(
        _("Stand"), max_length=10, choices=MembershipState, default=MembershipState.ASKED, editable=False
    )
    note = models.TextField(_("Begründung"), blank=True, max_length=1000)
    asked_at = models.DateTimeField(_("Angefragt am"), auto_now_add=True)
    decided_at = models.DateTimeField(_("Entschieden am"), null=True, blank=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("Mitgliedschaft")
        verbose_name_plural = _("Mitgliedschaften")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="membership_of_one_body",
                condition=Q(municipality__isnull=False, host="", role__in=(Role.MEMBER, Role.COORDINATOR))
                | Q(municipality__isnull=True, host__in=Host.values, role=Role.MODERATOR, includes_members=False),
                violation_error_message=_(
                    "Eine Mitgliedschaft gilt für eine Kommune oder, als Moderation, für einen Verband."
                ),
            ),
            models.CheckConstraint(
                name="membership_state_known",
                condition=Q(state__in=MembershipState.values),
                violation_error_message=_("Diesen Stand gibt es nicht."),
            ),
            models.CheckConstraint(
                name="membership_decision_dated",
                condition=Q(state=MembershipState.ASKED) | Q(decided_at__isnull=False),
                violation_error_message=_("Zur Entscheidung gehört ihr Datum."),
            ),
            models.UniqueConstraint(
                fields=["user", "municipality"],
                condition=Q(state__in=("asked", "granted"), municipality__isnull=False),
                name="membership_open_once_a_municipality",
                violation_error_message=_("Für diese Kommune gibt es schon eine Anfrage oder Mitgliedschaft."),
            ),
            models.UniqueConstraint(
                fields=["user", "host"],
                condition=Q(state__in=("asked", "granted")) & ~Q(host=""),
                name="membership_open_once_a_host",
                violation_error_message=_("Für diesen Verband gibt es schon eine Anfrage oder Mitgliedschaft."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.body_name} ({self.get_state_display()})"

    @property
    def body_name(self) -> str:
        return self.municipality.display_name if self.municipality_id else self.get_host_display()


class PeopleChange(models.Model):
    """One line of the log of memberships, roles and accounts; the database refuses to change or delete lines."""

    at = models.DateTimeField(_("Wann"), auto_now_add=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("Wer"))
    person = models.ForeignKey(User, models.PROTECT, related_name="people_changes", verbose_name=_("Betroffene Person"))
    membership = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="changes", verbose_name=_("Mitgliedschaft")
    )
    what = models.CharField(_("Was"), max_length=40)
    from_value = models.CharField(_("Von"), max_length=200, blank=True)
    to_value = models.CharField(_("Nach"), max_length=200, blank=True)
    note = models.TextField(_("Notiz"), blank=True)

    class Meta:
        verbose_name = _("Änderung an Personen")
        verbose_name_plural = _("Änderungen an Personen")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person}: {self.what} {self.from_value} → {self.to_value}"
