"""Sends the letters of the outbox: once, or again and again beside the web server."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection

from projects import outbox

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sendet die wartenden Briefe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="weiterlaufen, bis der Prozess beendet wird")
        parser.add_argument("--every", type=float, default=10, metavar="SEKUNDEN", help="Pause zwischen zwei Runden")

    def handle(self, *args: Any, loop: bool, every: float, **options: Any) -> None:
        if not loop:
            self.stdout.write(f"Gesendete Briefe: {outbox.send_due()}")
            return
        end = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: end.set())  # the letter in hand is finished first
        while not end.is_set():
            try:
                outbox.send_due()
            except OperationalError as error:  # the database restarts: wait, connect again, go on
                logger.error("database away: %s", type(error).__name__)
            connection.close()
            end.wait(every)
