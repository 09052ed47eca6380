"""What an authenticator app does."""

import base64
import hashlib
import hmac
import struct
import time


def totp(secret: str) -> str:
    """The six digits that the app shows now (RFC 6238), and for some seconds more: nobody types the last moment's."""
    if time.time() % 30 > 24:
        time.sleep(30 - time.time() % 30)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
