"""A primary, a streaming replica made from it by pg_basebackup, and what each of them says about itself."""

import os
import shutil
import signal
from pathlib import Path

import psycopg

from tools.postgres import NAME, Cluster, PostgresError, Server

PORTAL = "integrationsmosaik"  # application_name of the portal's connections


class Replica(Cluster):
    """Follows a running cluster; started anew after a crash it goes on where it was."""

    def __init__(self, primary: Cluster) -> None:
        super().__init__("scale-replica", throwaway=True)
        self.primary = primary

    def _create(self, binaries: Path, version: str) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if self.account.switch:
            os.chown(self.data, self.account.uid, self.account.gid)
        source = _running(self.primary).socket_folder
        where: list[str | Path] = ["-h", source, "-U", NAME, "-D", self.data]
        made = self._run([binaries / "pg_basebackup", *where, "--write-recovery-conf", "--checkpoint=fast"])
        if made.returncode:
            raise PostgresError(f"pg_basebackup ist gescheitert: {made.stderr.strip()}")

    def _ensure_database(self, binaries: Path, folder: Path) -> None:
        """It came with the copy, and a replica cannot make one."""

    def kill(self) -> None:
        """As if the machine had lost its power."""
        os.kill(_running(self).pid, signal.SIGKILL)


def _running(cluster: Cluster) -> Server:
    server = cluster.server()
    assert server, f"{cluster.data} does not run"
    return server


def ask(cluster: Cluster, query: str) -> int:
    """One number from a database, over a connection of its own."""
    with psycopg.connect(cluster.url(), autocommit=True, connect_timeout=3) as connection:
        return int(connection.execute(query).fetchone()[0] or 0)


def commits(cluster: Cluster) -> int:
    """Transactions so far; each statement of a reading page is one."""
    return ask(cluster, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")


def connections_of_portal(cluster: Cluster) -> int:
    return ask(cluster, f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{PORTAL}'")


def lag_bytes(primary: Cluster) -> int:
    """What the replica has not applied yet; nothing if none follows."""
    return ask(primary, "SELECT sum(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) FROM pg_stat_replication")
