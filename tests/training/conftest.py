from dltool.backend.start import start

start("cpu", 0)
