"""What ``kiosk doctor`` says, in French and English. A test holds the two to the same keys and placeholders."""

from collections.abc import Mapping
from typing import Final

FRENCH: Final[Mapping[str, str]] = {
    "ports": "Ports série de cette machine\u00a0:",
    "port": "  {path}  {description}",
    "port_stable": "      à écrire dans les réglages\u00a0: {stable}",
    "port_by_socket": "      sans numéro propre\u00a0: reconnu à la prise où il est branché, ne le changez pas de prise",
    "no_ports": "Aucun port série. Branchez l’appareil, puis relancez «\u202fkiosk doctor\u202f».",
    "next_port": "Pour examiner un port\u00a0: kiosk doctor {path}",
    "warning": "J’essaie plusieurs vitesses. Une imprimante réglée autrement peut imprimer quelques signes sans suite.",
    "trying": "  {speed} bauds…",
    "absent": "Le port {path} n’existe pas. Vérifiez le câble et le nom\u00a0: «\u202fkiosk doctor\u202f» les montre.",
    "denied": "Vous n’avez pas le droit d’ouvrir {path}. Tapez\u00a0: sudo usermod -aG {group} {user} puis rouvrez la session.",
    "in_use": "Un autre programme tient {path}. Fermez-le (souvent brltty ou ModemManager, ou la caisse elle-même).",
    "unreachable": "Personne ne répond à {path}. Vérifiez que l’imprimante est allumée et son adresse réseau.",
    "trouble": "Le port {path} ne s’ouvre pas\u00a0: {detail}",
    "silent": "Rien ne répond sur {path}.",
    "silent_next": (
        "À vérifier\u00a0: l’imprimante est allumée\u202f; le câble porte les deux sens\u202f; la vitesse réglée dessus "
        "(page d’essai\u00a0: appui long sur Avance papier à l’allumage). Un lecteur ou un afficheur ne répond jamais\u00a0: "
        "pour un lecteur, scannez une carte dans la caisse."
    ),
    "found": "Imprimante ESC/POS à {speed} bauds.",
    "found_network": "Imprimante ESC/POS sur le réseau.",
    "model": "  modèle\u00a0: {maker} {model}",
    "no_model": "  elle ne dit pas son modèle\u00a0: sans doute une compatible, profil clone-80 ou clone-58",
    "confirms": "  elle confirme la fin d’impression",
    "no_confirm": "  elle ne confirme pas la fin d’impression\u00a0: un ticket sera «\u202fprobable\u202f», sans plus",
    "ready": "Elle est prête.",
    "attention": "À faire avant d’imprimer\u00a0: {what}",
    "cover_open": "fermez le capot",
    "paper_out": "mettez un rouleau",
    "cutter": "dégagez le massicot, puis éteignez et rallumez",
    "broken": "éteignez et rallumez\u202f; si cela revient, faites-la réparer",
    "overheated": "laissez-la refroidir, elle reprend seule",
    "feed_button": "lâchez le bouton d’avance papier",
    "offline": "mettez-la en ligne",
    "paper_low": "Le rouleau est bientôt fini.",
    "setting": "Ligne à écrire dans terminal.toml, sous [devices]\u00a0:",
}

ENGLISH: Final[Mapping[str, str]] = {
    "ports": "Serial ports of this machine:",
    "port": "  {path}  {description}",
    "port_stable": "      write this into the settings: {stable}",
    "port_by_socket": "      has no number of its own: known by the socket it is in, do not move it",
    "no_ports": "No serial port. Connect the device, then run “kiosk doctor” again.",
    "next_port": "To examine a port: kiosk doctor {path}",
    "warning": "Trying several speeds. A printer that is set otherwise may print a few stray characters.",
    "trying": "  {speed} baud…",
    "absent": "There is no port {path}. Check the cable and the name: “kiosk doctor” lists them.",
    "denied": "You may not open {path}. Type: sudo usermod -aG {group} {user} then log in again.",
    "in_use": "Another program holds {path}. Close it (often brltty or ModemManager, or the till itself).",
    "unreachable": "Nobody answers at {path}. Check that the printer is on, and its network address.",
    "trouble": "The port {path} cannot be opened: {detail}",
    "silent": "Nothing answers on {path}.",
    "silent_next": (
        "Check that the printer is on; that the cable carries both directions; the speed it is set to (test page: hold the "
        "feed button while switching on). A scanner or a display never answers: to try a scanner, scan a card in the till."
    ),
    "found": "ESC/POS printer at {speed} baud.",
    "found_network": "ESC/POS printer on the network.",
    "model": "  model: {maker} {model}",
    "no_model": "  it does not tell its model: probably a compatible one, profile clone-80 or clone-58",
    "confirms": "  it confirms the end of a print",
    "no_confirm": "  it does not confirm the end of a print: a receipt will be “probable”, no more",
    "ready": "It is ready.",
    "attention": "Do this before printing: {what}",
    "cover_open": "close the cover",
    "paper_out": "put in a roll",
    "cutter": "free the cutter, then switch off and on",
    "broken": "switch off and on; if it comes back, have it repaired",
    "overheated": "let it cool, it goes on by itself",
    "feed_button": "let go of the feed button",
    "offline": "put it online",
    "paper_low": "The roll is nearly used up.",
    "setting": "Line for terminal.toml, under [devices]:",
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"fr": FRENCH, "en": ENGLISH}
