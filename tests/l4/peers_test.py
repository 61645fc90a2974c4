"""Layer 4 and the PROXY protocol with the programs people use: HAProxy and NGINX read our headers and
we read theirs, OpenSSL's client reaches the server its name asks for.

Usage: peers_test.py PATH_OF_FAIRLEAD. Exits 77 (skipped) when one of the programs is missing.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

FAIRLEAD = sys.argv[1]
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"
PATIENCE = 20.0
os.environ["PATH"] += ":/usr/sbin:/sbin"

for program in ("haproxy", "nginx", "openssl"):
    if shutil.which(program) is None or not os.path.exists(STREAM_MODULE):
        print(f"skipped: {program} or NGINX's stream module is missing "
              "(sh packaging/dependencies.sh test)")
        sys.exit(77)

problems = []
processes = []


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start(name, folder, *command):
    log = open(os.path.join(folder, name + ".log"), "wb")
    processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=subprocess.STDOUT, cwd=folder))


def wait_for(port):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)  # nothing tells when a port begins to answer
    sys.exit(f"port {port} does not answer")


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write(text)


def ask(port):
    """@return our own port and the body of the answer"""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.0\r\nHost: t\r\n\r\n")
        answer = b""
        while more := client.recv(4096):
            answer += more
        return client.getsockname()[1], answer.decode().partition("\r\n\r\n")[2].strip()


def check(what, expected, seen):
    if expected != seen:
        problems.append(f"{what}\n  expected: {expected!r}\n  seen:     {seen!r}")


def main(folder):
    names = ("nginx_in", "nginx_out", "haproxy_in", "haproxy_v1", "haproxy_v2", "tls_a", "tls_b",
             "chain", "sni", "admin", "nginx_v1_tcp", "nginx_v2_tcp", "haproxy_v1_tcp",
             "haproxy_v2_tcp", "nginx_v1_http", "nginx_v2_http", "haproxy_v1_http",
             "haproxy_v2_http")
    port = dict(zip(names, free_ports(len(names))))
    write(folder, "nginx.conf", f"""
load_module {STREAM_MODULE};
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{ }}
http {{
  access_log off;
  client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;
  scgi_temp_path s;
  server {{
    listen 127.0.0.1:{port["nginx_in"]} proxy_protocol;
    location / {{ return 200 "$proxy_protocol_addr $proxy_protocol_port"; }}
  }}
}}
stream {{
  server {{
    listen 127.0.0.1:{port["nginx_out"]};
    proxy_pass 127.0.0.1:{port["chain"]};
    proxy_protocol on;
  }}
}}
""")
    write(folder, "haproxy.cfg", f"""
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend in
  mode http
  bind 127.0.0.1:{port["haproxy_in"]} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port]"
listen v1
  bind 127.0.0.1:{port["haproxy_v1"]}
  server s 127.0.0.1:{port["chain"]} send-proxy
listen v2
  bind 127.0.0.1:{port["haproxy_v2"]}
  server s 127.0.0.1:{port["chain"]} send-proxy-v2
""")
    text = f"""
[process]
workers = 1
[admin]
bind = "127.0.0.1:{port["admin"]}"
[listener.chain]
bind = "127.0.0.1:{port["chain"]}"
mode = "tcp"
accept_proxy = "127.0.0.1"
pool = "nginx_v2"
[listener.sni]
bind = "127.0.0.1:{port["sni"]}"
mode = "tcp"
sni = {{ "a.test" = "tls_a", "*.b.test" = "tls_b" }}
[pool.tls_a]
backends = ["127.0.0.1:{port["tls_a"]}"]
[pool.tls_b]
backends = ["127.0.0.1:{port["tls_b"]}"]
"""
    for peer in ("nginx", "haproxy"):
        for version in ("v1", "v2"):
            text += f"""
[pool.{peer}_{version}]
backends = ["127.0.0.1:{port[peer + "_in"]}"]
send_proxy = "{version}"
check = "GET /"
"""
            for mode in ("tcp", "http"):
                name = f"{peer}_{version}_{mode}"
                text += f"""
[listener.{name}]
bind = "127.0.0.1:{port[name]}"
mode = "{mode}"
pool = "{peer}_{version}"
"""
    write(folder, "fairlead.toml", text)
    for name in ("a", "b"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN=server {name}",
                        "-keyout", f"{name}.key", "-out", f"{name}.pem"],
                       cwd=folder, check=True, capture_output=True)
        start(f"tls_{name}", folder, "openssl", "s_server", "-quiet", "-www", "-accept",
              f"127.0.0.1:{port['tls_' + name]}", "-cert", f"{name}.pem", "-key", f"{name}.key")
        wait_for(port["tls_" + name])
    start("nginx", folder, "nginx", "-e", "stderr", "-p", folder, "-c",
          os.path.join(folder, "nginx.conf"))
    start("haproxy", folder, "haproxy", "-db", "-f", "haproxy.cfg")
    wait_for(port["nginx_in"])
    wait_for(port["haproxy_in"])
    start("fairlead", folder, FAIRLEAD, "run", "-c", "fairlead.toml")
    wait_for(port["sni"])

    for name in names:
        if name.endswith(("_tcp", "_http")):
            own, body = ask(port[name])
            check(f"{name}: the peer knows our client", f"127.0.0.1 {own}", body)
    for name in ("nginx_out", "haproxy_v1", "haproxy_v2"):
        own, body = ask(port[name])
        check(f"{name}: we know the peer's client, and pass it on", f"127.0.0.1 {own}", body)

    with socket.create_connection(("127.0.0.1", port["admin"]), PATIENCE) as client:
        client.sendall(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
        metrics = b""
        while more := client.recv(65536):
            metrics += more
    for peer in ("nginx", "haproxy"):
        for version in ("v1", "v2"):
            line = (f'fairlead_backend_up{{pool="{peer}_{version}",'
                    f'backend="127.0.0.1:{port[peer + "_in"]}"}} 1')
            check(f"checks of {peer} by {version} pass", True, line in metrics.decode())
    for name, expected in (("a.test", "CN = server a"), ("x.b.test", "CN = server b"),
                           ("c.test", None)):
        seen = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port['sni']}",
                               "-servername", name], cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        subject = [line.partition("subject=")[2] for line in seen.stdout.splitlines()
                   if line.startswith("subject=")]
        # OpenSSL 3.2 writes "CN=".
        check(f"s_client -servername {name}", [expected] if expected else [],
              [each.replace("CN=", "CN = ") for each in subject])


with tempfile.TemporaryDirectory() as directory:
    try:
        main(directory)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    if problems:
        for log in sorted(os.listdir(directory)):
            if log.endswith(".log"):
                with open(os.path.join(directory, log), errors="replace") as lines:
                    print(f"---- {log}\n{lines.read()[-3000:]}")
for problem in problems:
    print("FAILED:", problem)
sys.exit(1 if problems else 0)
