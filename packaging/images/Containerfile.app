# An app for `berth run`, in an image of its own: a plain Debian, the packages of app/ and of the app's folder, and a user. APP is
# the folder beside this file that says which one: browser, player or terminal. It has no privilege, no init and nothing of
# the host; windows, sound and pictures come with the grants of its profile (packaging/apps). BASE as in Containerfile.
ARG BASE=docker.io/library/debian:bookworm
FROM ${BASE}
ARG APP=terminal

COPY common/dpkg-lean.conf /etc/dpkg/dpkg.cfg.d/berth-lean
COPY common/install-packages app/packages.txt /usr/lib/berth/image/
COPY ${APP}/packages.txt /usr/lib/berth/image/app/
RUN /usr/lib/berth/image/install-packages /usr/lib/berth/image/packages.txt /usr/lib/berth/image/app/packages.txt

COPY app/setup /usr/lib/berth/image/
COPY ${APP}/ /usr/lib/berth/image/app/
RUN /usr/lib/berth/image/setup

# The hash of everything above, by which packaging/images/build knows that an image is up to date.
ARG RECIPE=unknown
# What the app would like to have, for who runs the image without a profile; the profile of the same name says it with more care.
ARG GRANTS=display
LABEL org.berth.recipe="${RECIPE}" org.berth.kind="app" org.berth.grants="${GRANTS}"
ENV LANG=C.UTF-8 XDG_RUNTIME_DIR=/run/user/1000
USER app
WORKDIR /home/app
ENTRYPOINT ["/usr/lib/berth/app"]
