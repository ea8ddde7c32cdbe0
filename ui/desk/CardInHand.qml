// A card of the chosen person, as far as one may see it; in the hand or where it belongs.
import QtQuick
import "../components"

Item {
    id: hand
    required property var desk
    property bool dense: false
    readonly property bool narrow: width < 300   // half of what stands on the card
    readonly property var card: desk.card
    readonly property var place: desk.place
    implicitHeight: buttons.y + buttons.height

    Row {
        id: cards
        spacing: 6
        Repeater {
            model: hand.desk.cards
            LeverChip {
                required property var modelData
                objectName: "card." + modelData.key
                text: modelData.text
                enabled: modelData.has
                stands: modelData.chosen
                act: true
                dense: hand.dense
                Accessible.role: Accessible.RadioButton
                onClicked: hand.desk.hold(modelData.key)
            }
        }
    }
    Rectangle {
        id: face
        y: cards.height + 8
        width: parent.width
        height: 128
        radius: 14
        color: hand.place.lies ? Theme.jadeTint : Theme.blueTint
        border.width: hand.place.lies ? 2 : 1
        border.color: hand.place.lies ? Theme.jade : "#C9D8E8"

        Label {
            x: 18
            y: 12
            width: parent.width - where.width - 52
            objectName: "note"            // what kind of card, unless there is something to say
            readonly property bool said: hand.place.note.length > 0
            text: said ? hand.place.note : hand.card.kind
            font.pixelSize: 13
            font.bold: said
            color: said ? Theme.amber : Theme.soft
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
        }
        Label {
            id: where
            objectName: "where"
            anchors { right: parent.right; rightMargin: 18 }
            y: 12
            text: hand.place.where
            font.pixelSize: 13
            font.bold: true
            color: hand.place.lies ? Theme.jade : Theme.blue
            wrapMode: Text.NoWrap
        }
        Label {
            x: 18
            y: 36
            text: hand.card.name
            font.pixelSize: 26
            font.bold: true
            wrapMode: Text.NoWrap
        }
        Grid {
            x: 18
            y: 78
            columns: hand.narrow ? 2 : 4
            columnSpacing: face.width > 380 ? 12 : 8
            rowSpacing: 4
            Repeater {
                model: hand.card.facts.filter((fact, index) => !hand.narrow || index % 2 === 0)
                    .reduce((all, fact) => all.concat([fact.what, fact.says]), [])
                Label {
                    required property string modelData
                    required property int index
                    text: modelData
                    font.pixelSize: 13
                    color: index % 2 ? Theme.ink : Theme.soft
                    wrapMode: Text.NoWrap
                }
            }
        }
        Rectangle {                       // where the photo is on a card
            anchors { right: parent.right; rightMargin: 18 }
            visible: face.width > 380
            y: 40
            width: 60
            height: 74
            radius: 6
            color: Theme.white
            opacity: 0.7
            Icon {
                anchors.centerIn: parent
                name: "face"
                color: Theme.soft
                size: 40
            }
        }
    }
    Row {
        id: buttons
        y: face.y + face.height + (hand.dense ? 8 : 12)
        spacing: 10
        DeskButton {
            objectName: "put"
            width: (hand.width - 10) / 2
            primary: !hand.place.lies
            enabled: hand.place.has && !hand.place.lies
            iconName: "card"
            text: hand.desk.words["put"]
            onClicked: hand.desk.put()
        }
        DeskButton {
            objectName: "lift"
            width: (hand.width - 10) / 2
            primary: hand.place.lies
            enabled: hand.place.there
            iconName: "up"
            text: hand.desk.words["lift"]
            onClicked: hand.desk.lift()
        }
    }
}
