"""`make scale`: a primary, a streaming replica and two servers on this machine; the replica dies while people read.

Not part of `make test`: it takes about two minutes and says in figures what docs/betrieb/mehrere-maschinen.md repeats.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from tests.scale.databases import Replica, commits, connections_of_portal, lag_bytes
from tests.scale.visitors import Member, Readers
from tests.served import free_port
from tools import ROOT
from tools.environment import StopError, log_file, say, venv_python
from tools.portal import manage, portal_environment, prepare, wait_until_ready
from tools.postgres import Cluster

READING = ["/", "/projekte/", "/projekte/?q=sprachkurs", "/projekte/?topic=language", "/kommunen/", "/foerderung/"]
READING += ["/auswertung/finanzierung/", "/kommunen/034545407-samtgemeinde-soegel/"]
TITLE = "Sprachcafé auf zwei Maschinen"
TEXT = "Jeden Mittwoch stehen zwei Tische und viel Kaffee bereit."
CONSENTS = dict.fromkeys(("licence", "rights", "privacy", "municipality"), "on")
_missed: list[str] = []


def main() -> int:
    primary = Cluster("scale-primary", throwaway=True)
    replica = Replica(primary)
    for cluster in (replica, primary):  # what a run before left
        cluster.stop()
        shutil.rmtree(cluster.data, ignore_errors=True)
    try:
        show(primary, replica)
    finally:
        replica.stop()
        primary.stop()
    say(f"\n{'Alles gehalten.' if not _missed else 'VERFEHLT: ' + '; '.join(_missed)}")
    return 1 if _missed else 0


def show(primary: Cluster, replica: Replica) -> None:
    ports = [free_port(), free_port()]
    environment = portal_environment(ports[0], {"DATABASE_URL": primary.start()})
    prepare(environment)
    accounts = manage(environment, "create_demo_accounts", "--new-passwords")
    password = next(line for line in accounts.splitlines() if "kommune@" in line).split()[-1]
    environment["REPLICA_DATABASE_URL"] = replica.start()
    with serving(environment, ports[0]), serving(environment, ports[1]):
        servers = [f"http://127.0.0.1:{port}" for port in ports]
        member = Member()
        member.send(servers[0], "/konto/anmelden/", login="kommune@example.org", password=password)
        everybody_reads(primary, replica, ports)
        project = member_submits(member, servers)
        is_found_by_readers(environment, servers, project)
        replica_dies(primary, replica, ports, member, servers)
        primary_dies(primary, ports)


@contextmanager
def serving(environment: dict[str, str], port: int) -> Iterator[None]:
    """One server with the settings of production."""
    command = [venv_python(), "-m", "gunicorn", "-c", "python:integration_portal.gunicorn"]
    log = log_file(f"scale-{port}")
    with log.open("wb") as handle:
        server = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}"], cwd=ROOT, env=environment, stdout=handle, stderr=handle
        )
    try:
        wait_until_ready(server, port, log)
        yield
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=20)
        server.kill()


def held(what: str, is_held: bool) -> None:
    say(f"{'gehalten' if is_held else 'VERFEHLT'}  {what}")
    if not is_held:
        _missed.append(what)


def soon(what: Callable[[], bool], seconds: float = 20) -> float | None:
    """After how many seconds it became true; None if it did not."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with suppress(psycopg.Error):
            if what():
                return time.monotonic() - began
        time.sleep(0.1)
    return None


def everybody_reads(primary: Cluster, replica: Replica, ports: list[int]) -> None:
    say("── Lesen ohne Konto, abwechselnd von beiden Servern")
    with Readers(ports, READING):
        time.sleep(3)  # each process loads what it keeps
    time.sleep(2)  # statistics are told with a second's delay
    before = commits(primary), commits(replica)
    with Readers(ports, READING) as readers:
        time.sleep(8)
    time.sleep(2)
    of_primary, of_replica = commits(primary) - before[0], commits(replica) - before[1]
    say(f"{readers.answers}\nAnweisungen: Primärdatenbank {of_primary}, Kopie {of_replica}")
    say(f"Verbindungen: Primärdatenbank {connections_of_portal(primary)}, Kopie {connections_of_portal(replica)}")
    held("Leserinnen und Leser fragen die Kopie", of_replica >= len(readers.answers.milliseconds))
    held("die Primärdatenbank bleibt in Ruhe", of_primary * 5 < of_replica)
    held("kein Fehler", not readers.answers.retried)


def member_submits(member: Member, servers: list[str]) -> str:
    """The whole form, each part on the other server than the one before; every next page shows what was written."""
    say("── Einreichen, jede Seite auf dem anderen Server")
    here, there = servers
    tasks, _page = member.send(here, "/mitmachen/projekte/neu/", title=TITLE, stage="running", similar_seen="on")
    held("der Entwurf steht sofort auf dem anderen Server", TITLE in member.get(there, tasks)[1])
    topic = member.first_choice(there, f"{tasks}einordnung/", "topics")
    member.send(there, f"{tasks}kopf/", summary=TEXT, save="list")
    member.send(here, f"{tasks}einordnung/", topics=topic, started="9/2015", save="list")
    member.send(there, f"{tasks}geschichte/", approach=TEXT, save="list")
    member.send(here, f"{tasks}pruefen/", to=f"{tasks}absenden/", **CONSENTS)
    held("eingereicht, und der andere Server weiß es", "Die Moderation prüft" in member.get(there, tasks)[1])
    return tasks.rstrip("/").rpartition("/")[2]


def is_found_by_readers(environment: dict[str, str], servers: list[str], project: str) -> None:
    say("── Veröffentlichen")
    publish = (
        f"from projects import workflow, models; workflow.publish(models.Project.objects.get(pk={project}), by=None)"
    )
    manage(environment, "shell", "-c", publish)
    reader = Member()
    waited = [soon(lambda s=server: TITLE in reader.get(s, "/projekte/")[1]) for server in servers]
    held(f"auf beiden Servern zu finden, nach {[round(each or 99, 1) for each in waited]} s", None not in waited)


def replica_dies(primary: Cluster, replica: Replica, ports: list[int], member: Member, servers: list[str]) -> None:
    say("── Die Kopie fällt mitten im Lesen aus (kill -9) und kommt wieder")
    with Readers(ports, READING) as readers:
        time.sleep(3)
        replica.kill()
        time.sleep(2)
        tasks, _page = member.send(servers[0], "/mitmachen/projekte/neu/", title="Ohne Kopie", stage="planned")
        held("geschrieben wird weiter", "Ohne Kopie" in member.get(servers[1], tasks)[1])
        time.sleep(6)
        before = len(readers.answers.milliseconds)
        replica.start()
        back = soon(lambda: connections_of_portal(replica) > 1)
        time.sleep(3)
        held("gelesen wird weiter", len(readers.answers.milliseconds) > before)
    say(str(readers.answers))
    held("0 × 5xx nach höchstens einer Wiederholung", not readers.answers.failed)
    held(f"die Kopie wird wieder gefragt, nach {back if back is None else round(back, 1)} s", back is not None)
    held("die Kopie hat alles", soon(lambda: lag_bytes(primary) == 0) is not None)


def primary_dies(primary: Cluster, ports: list[int]) -> None:
    say("── Die Primärdatenbank wird beendet")
    primary.stop()
    with Readers(ports, READING) as readers:
        time.sleep(4)
    say(str(readers.answers))
    held("gelesen wird weiter, aus der Kopie", not readers.answers.retried)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StopError as problem:
        sys.exit(str(problem))
