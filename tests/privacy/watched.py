"""The command line with an ear at every socket: `python -m tests.privacy.watched F …`.

Whatever this process or its decoder children try to reach beyond this machine is
appended to the file F, one line each. Python tells of it before the kernel is asked.
"""

import sys
from pathlib import Path

HOOK = """
def listen():
    import ipaddress, os, sys
    sink = os.open({path!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    def is_here(host):
        if host in (None, "", "localhost", b"localhost"):
            return True
        try:
            text = host.decode() if isinstance(host, bytes) else str(host)
            return ipaddress.ip_address(text.partition("%")[0]).is_loopback
        except ValueError:
            return False
    def heard(event, args):
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            host = args[1][0] if isinstance(args[1], tuple) else None
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = args[0]
        else:
            return
        if not is_here(host):
            os.write(sink, f"{{event}} {{host}}\\n".encode())
    sys.addaudithook(heard)
listen()
"""

if __name__ == "__main__":
    hook = HOOK.format(path=sys.argv.pop(1))
    exec(hook)  # noqa: S102 - the same words as in the children

    from idolens.cli import main
    from idolens.media import spawn

    place = Path(str(spawn.__file__)).parent  # the children know no more than our words
    assert place.is_dir()
    spawn._START = f"exec({hook!r});{spawn._START}"  # type: ignore[misc]
    main()
