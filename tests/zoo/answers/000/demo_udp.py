"""Shows sendto(), recvfrom() and gethostname(): python3 demo_udp.py"""
import socket


def main():
    # gethostname() returns the name of the machine that runs this program.
    name = socket.gethostname()
    print("gethostname() returned", repr(name))

    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver, \
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        receiver.bind(("::1", 0))  # port 0: the system chooses a free one
        receiver.settimeout(5)  # UDP may lose a datagram
        address = receiver.getsockname()[:2]

        # sendto(data, address) sends one datagram without a connection,
        # and returns the number of bytes sent.
        message = f"Hello from {name}".encode()
        count = sender.sendto(message, address)
        print(f"sendto({message!r}, {address}) returned {count}")

        # recvfrom(size) returns one datagram, cut off after size bytes,
        # and the address that it came from: an answer can go there.
        data, source = receiver.recvfrom(1024)
        print(f"recvfrom(1024) returned {data!r}, {source}")
        receiver.sendto(data.upper(), source)
        sender.settimeout(5)
        print("the answer:", sender.recvfrom(1024)[0])


if __name__ == "__main__":
    main()
