"""The word list behind fingerprints that people compare: 1024 plain French words, ten bits each.

Four to eight letters, no accents, no two that differ in one letter. The order is part of the format: words are never added, moved
or replaced, because a fingerprint written down today must read the same for ever.
"""

from typing import Final

WORD_BITS: Final = 10

_TEXT: Final = """
abeille abricot absent accent accord acier acteur action adieu adroit agence agneau agrafe aigle aimable aisance ajout
alarme album aliment alouette alpage amande amateur amical ampoule amuser ananas ancre annonce antenne antilope appel
aquarium arbitre arcade archet ardoise argile armoire artisan asile assiette astre atelier atlas attente auberge
audace aurore automne avenir avenue averse avion avocat avril azur bagage bague baguette balade balai balance balcon
balise bambou banane bandeau banjo baraque barbe barrage basilic basket bateau batterie battre baudrier beignet
belette berceau berger bermuda biberon bidon bienfait bijou billard biscuit bistrot blason bleuet blouson bobine
boisson bonbon bonheur bonsoir border borne bosquet bouchon boucle bougie boulon bourdon boussole boxeur branche bravo
brebis brique brise broche brochure bruine brume bruyant buffet bulle buse butin cabane cabri cacao cactus cadeau
cadran caisse calme camarade camion campagne canal canif canne canon cantine capitale capsule capuche carafe caramel
cargo caribou carnet carotte carpe carrosse cartable carton cascade casque castor cavalier caverne ceinture centaine
cercle cerfeuil cerise cerisier chaise chalet chaleur chambre champ chance chanson chant chapitre charme charrue
chaton chaudron chausson chemise cheval chiffon chiffre chocolat chorale chouette cigale cigogne cirque citerne citron
civette clan classe clavier client climat cloison clou cobalt cocon cocotier cognac coiffure colibri colline comique
commode compas compote comptoir confetti congre conserve console copain coquille corail corbeau corde corsaire costume
couleur couloir coupole couronne cousin couteau couture couvert crapaud cravate crayon creux cricket cristal crochet
croquis cruche cuivre culture curieux curry cymbale dahlia danse danseur dauphin dentiste dessert dessin devoir
dialogue diesel digue dimanche dindon disque divan docile docteur dollar domino donjon dorade dormir dorsal douane
double douceur douche drapeau dune durable duvet effort ellipse empire emploi endive enfance ensemble entier entracte
envie escalier escargot escrime espace espoir essence estrade estragon euro exemple exercice exploit express fable
falaise famille fanfare fanion farine fauteuil fauvette femme fenouil festin festival feuille feutre ficelle figuier
figure filet fille film finale fjord flacon flamme fleur fleuve flore flotte fluor folie fondant fontaine football
force formule fortune fossile foudre foulard foule fourche fourmi foyer franc frelon fresque friand frite fromage
front fruit fuchsia fusain fuseau futur gabarit galaxie galette galop gambas gamelle garage gardien garenne garrigue
gaufre geai gendarme genou gentil gerboise geyser girafe givre glacier globe gloire glycine gobelet golf gondole
gorille goudron gouffre gourde gourmet gousse graine grange grappe gratin gravure grelot grenade griffe grillon
grimace griotte groupe gruau grue guide guidon gymnase habit hache halte hamac hangar hareng haricot harmonie hausse
hauteur herbe herbier hermine hibou hippique histoire hiver hockey hommage honneur horizon horloge hublot huile humain
humeur hutte iceberg idole idylle igloo image immense impala imprimer indigo inox insecte instant intime invite ivoire
jabot jade jadis jalon jambe jambon janvier jaquette jarre jasmin jaune javelot jazz jeudi jeunesse joker jonc jonque
jouet joueur joufflu journal joyeux judo juillet juin jument jungle jupe juste kaki kayak kermesse kimono kiosque kiwi
labour lacet lagon lagune laitue lama lambris lampe lampion langage langue lanterne lapin lardon lasso laurier lavabo
lavande lecture lent lessive lettre levant lexique liane libre licorne lierre lilas limace limonade limpide lingot
linotte lion liquide lisible local loge logique logis loisir longueur losange loto lotus loutre lucarne lueur lumineux
lundi lustre luth luxe lyre machine madame magasin magie magique maillot maire maison majeur malice maman mammouth
manche manoir marbre mardi marelle mariage marmite marque marraine marron massif matelot mauve mazurka melon membre
menu mercredi merle message meuble miel miette mignon mimosa minuit minute miracle miroir mitaine moderne moineau
molaire moment monde monnaie monsieur montagne montre morceau moteur motif mouchoir moufle moutarde mouton muguet
mulet multiple murmure muscade muscle musique myrtille nacre nageoire nageur nappe narval natation nature nautique
navette navire nectar neige neuf nichoir niveau noble noisette nomade nord normal notaire notice nouille nouveau
novembre nuage nuance nylon oasis objet oblique ocarina officier ogre oiseau olive ombrelle omelette oncle opale
opaque optique orage oranger orateur ordre organe orgue orient origan orme ortie osier otarie oubli ourlet ours oursin
outil ouvrier pagaie page paille pain palais palmier panache panda panier panorama pantalon papaye papillon paquebot
paquet parade parasol parc parking parole parrain partage parure passion pasteur patience patrie paume pavot paysan
pelage pelle pelouse peluche pendule pensif pension perdrix permis perron persil peseta petit peuple peuplier phare
photo phrase piano pichet pilier piment pinceau pingouin pinson pipeau pirate pirogue piscine pistache pivert pizza
placard plafond plancher plante plaque plastron plateau plein plomb plongeon pluie pochette poids poignet poing
poireau poivre poivron police polka pollen pommier poney pont porte portrait postier potage poteau poterie pouce
poulain poulet poulie poumon prairie praline pratique premier principe prisme prix produit profil propos prose prudent
prune prunelle puits pull pupitre pyjama python quai quartier quartz quatre question quiche quille quinoa quintal
racine radio rafale ragot rallye ramage rame rameau rang rassurer ration ravin rebond recueil refrain refuge regain
regard relais relief remise repas requin ressort retour revue rhubarbe rideau rigole rituel rivage robe robot rocher
romain ronce ronfler roseau rotin rouge roulotte ruban rubis ruelle rugby ruisseau rural russule rustique rythme
sablier safari safran sagesse salaire salsifis salut samedi sandale sandwich sardine sarrasin sauce saucisse savane
saveur savoir savon science seconde secours secret seigle semaine semoule serpe serpent serrure sieste sifflet signal
silence silex simple sirop site skieur sobre soda soie soleil solide sommet sonate sonnette sorbet sorcier soucoupe
souffle souhait source souris souvenir spatule spirale sport stable stade station statue steppe studio stylo suave
sucre sujet superbe surf surprise svelte tabac tableau tabouret tailleur talent tamis tango tante tapioca tarif
tartine tasse taureau taxi temps tenaille tennis terrain terrasse texte textile thermos thon tiare ticket tilleul
timbale timbre tissage tissu toast toiture tombola tonneau tonnerre topaze torche torrent tortue totem toucan toundra
tour tracteur train trajet treize tremplin tresse tribu tricot triomphe triton troc trombone troupeau truite tuba
tulipe tunnel turbine tuyau tympan union unique univers urbain usage usine utile vacarme vaillant vaisseau valeur
valse vanille vannerie varech vaste veau vedette veilleur velours vendredi venelle ventre verdure verre versant
vertige viaduc vibrant victoire vignoble village vinaigre violette virage virgule visite visiteur vitamine vitrail
vitrine vivace voile voisin volcan volet volume voyage vrai wapiti yacht yaourt yoga zinc zinnia zone zoom
"""

WORDS: Final[tuple[str, ...]] = tuple(_TEXT.split())
